/**
 * The connection to the server: what is started, what it is told, and what it says goes where.
 *
 * Everything that the server may know is chosen here. Its own commands are not registered by the library, since they
 * answer data that has to be shown; `commands.ts` has them.
 */
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  type DocumentSelector,
  ErrorAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type DynamicFeature,
  type Middleware,
  RevealOutputChannelOn,
  type ServerOptions,
  type StaticFeature,
  vsdiag,
} from "vscode-languageclient/node";
import type { Found } from "./locate";
import * as settings from "./settings";
import { type Status, type Told, judge } from "./status";

const COMPILING = /^Compiling /;

/** The documents that are sent to the server: files on this machine, and those that have no file yet. */
export function selector(): DocumentSelector {
  return settings
    .languages()
    .flatMap((language) => ["file", "untitled"].map((scheme) => ({ language, scheme })));
}

/** Run the server that was found, or the one that carries everything to a shared server. */
export class WicClient extends LanguageClient {
  readonly shared: string;
  /** The compiles that take long enough for the server to show them: what it calls each, by its title. */
  readonly compiling: Map<string | number, string>;
  /** Returns the last line that the server's program wrote for people. */
  readonly lastWords: () => string;

  constructor(found: Found, status: Status, log: vscode.LogOutputChannel) {
    const shared = settings.sharedServer();
    const args = shared === "" ? ["serve", "--stdio"] : ["connect", shared, ...settings.connectArguments()];
    const run: ServerOptions = { command: found.program, args, options: { cwd: homedir() } };
    const compiling = new Map<string | number, string>();
    let last = "";
    let self: WicClient | undefined;
    const cancel = (token: string | number) => self?.sendNotification("window/workDoneProgress/cancel", { token });
    const options: LanguageClientOptions = {
      documentSelector: selector(),
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: shared === "" ? settings.startOptions() : {},
      initializationFailedHandler: () => false,
      errorHandler: ENDINGS,
      middleware: makeMiddleware(status, compiling, new Transfers(cancel)),
      stdioOptions: {
        stdout: () => undefined,
        stderr: (stream, channel) => {
          stream.on("data", (chunk: Buffer) => {
            for (const line of chunk.toString().split(/\r?\n/).filter(Boolean)) {
              channel.info(line);
              last = line;
            }
          });
        },
      },
    };
    super("wic", "Wic", run, options);
    self = this;
    this.shared = shared;
    this.compiling = compiling;
    this.lastWords = () => last;
    this.onNotification("wic/status", (told: Told) => status.setTold(told));
  }

  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const isCommands = "registrationType" in feature && feature.registrationType.method === "workspace/executeCommand";
    if (!isCommands) {
      super.registerFeature(feature);
    }
  }

  protected override fillInitializeParams(params: Parameters<LanguageClient["fillInitializeParams"]>[0]): void {
    super.fillInitializeParams(params);
    params.capabilities.experimental = { wicStatus: true };
  }
}

/** Leaves it to `supervisor.ts` what to do when the server ends. */
const ENDINGS: ErrorHandler = {
  error: () => ({ action: ErrorAction.Continue, handled: true }),
  closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
};

type Said = { kind: "begin" | "report" | "end"; title?: string; message?: string; percentage?: number };

/** What takes long and was asked for, as the pull of an image: a notification with its progress and a button. */
class Transfers {
  private readonly running = new Map<string | number, (said: Said) => void>();

  constructor(private readonly cancel: (token: string | number) => unknown) {}

  take(token: string | number, said: Said): void {
    if (said.kind === "begin") {
      this.begin(token, said);
    } else {
      this.running.get(token)?.(said);
    }
  }

  private begin(token: string | number, first: Said): void {
    // The notification comes a moment later: what is said until then is kept for it.
    let latest = first;
    let tell: ((said: Said) => void) | undefined;
    const over = new Promise<void>((end) =>
      this.running.set(token, (said) => {
        if (said.kind === "end") {
          this.running.delete(token);
          end();
        } else {
          latest = said;
          tell?.(said);
        }
      }),
    );
    const options = { location: vscode.ProgressLocation.Notification, title: first.title, cancellable: true };
    void vscode.window.withProgress(options, (progress, cancelled) => {
      cancelled.onCancellationRequested(() => this.cancel(token));
      let reached = 0;
      tell = ({ message, percentage = reached }) => {
        progress.report({ message, increment: percentage - reached });
        reached = percentage;
      };
      tell(latest);
      return over;
    });
  }
}

function makeMiddleware(
  status: Status,
  compiling: Map<string | number, string>,
  transfers: Transfers,
): Middleware {
  return {
    async provideDiagnostics(document, previous, token, next) {
      const uri = document instanceof vscode.Uri ? document : document.uri;
      const version = document instanceof vscode.Uri ? -1 : document.version;
      status.setAsked(uri);
      let answer: Parameters<Status["setAnswered"]>[1];
      try {
        const report = await next(document, previous, token);
        // One without an id is the library's own, made where there was no answer.
        if (report?.resultId !== undefined) {
          const isFull = report.kind === vsdiag.DocumentDiagnosticReportKind.full;
          answer = isFull ? judge(version, report.items) : version;
        }
        return report;
      } finally {
        status.setAnswered(uri, answer);
      }
    },
    handleWorkDoneProgress(token, params) {
      // The status bar says that a text is being checked; a notification for each would be in the way.
      if (params.kind === "begin" && COMPILING.test(params.title)) {
        compiling.set(token, params.title);
      } else if (compiling.has(token)) {
        if (params.kind === "end") {
          compiling.delete(token);
        }
      } else {
        transfers.take(token, params);
      }
    },
    workspace: {
      configuration: (params) =>
        params.items.map((item) => (item.section === "wic" ? settings.workspaceOptions() : null)),
      // Only that something has changed; the server asks for what it may know.
      didChangeConfiguration: (_sections, next) => next(undefined),
    },
  };
}
