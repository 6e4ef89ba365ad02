/**
 * Starts the server, keeps it running, and says so where it does not.
 *
 * It is started when the first document for it is open, and anew when a setting changes that decides how. A server
 * that ends by itself is started again, a few times; one that is shared is asked again and again, ever less often.
 * One thing at a time: starts and stops wait for each other.
 */
import * as vscode from "vscode";
import { State } from "vscode-languageclient/node";
import { WicClient, selector } from "./client";
import { install } from "./install";
import { type Found, type Located, locate } from "./locate";
import * as settings from "./settings";
import type { Status } from "./status";

const SHORT_MS = 180_000;
const MOST_ENDS = 4;
const LONGEST_WAIT_MS = 60_000;

export class Supervisor implements vscode.Disposable {
  client: WicClient | undefined;
  private turn: Promise<void> = Promise.resolve();
  private started = "";
  private wasOffered = false;
  private ends: number[] = [];
  private retry: NodeJS.Timeout | undefined;
  private waitMs = 1000;
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly status: Status,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions.push(
      vscode.workspace.onDidOpenTextDocument((document) => {
        if (this.started === "" && isOurs(document)) {
          void this.restart();
        }
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("wic") && this.started !== "" && this.started !== launchKey()) {
          this.log.info("A setting of the server's start has changed.");
          void this.restart();
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        // An interpreter's environment may have it, now that it may be looked at.
        if (this.started !== "" && this.client === undefined) {
          void this.restart();
        }
      }),
    );
    if (vscode.workspace.textDocuments.some(isOurs)) {
      void this.restart();
    }
  }

  /** Stop the server, if it runs, and start the one that is to be had now. Resolves when that is decided. */
  restart(): Promise<void> {
    this.ends = [];
    this.waitMs = 1000;
    this.wasOffered = false;
    return this.again();
  }

  /** Return the client; where none runs, try to start one, which says what is wrong. */
  async running(): Promise<WicClient | undefined> {
    await this.turn;
    if (this.client === undefined) {
      await this.restart();
    }
    return this.client;
  }

  /** Install the server into the extension's own folder, and start it. */
  async installServer(): Promise<void> {
    this.turn = this.turn.then(() => this.stop());
    await this.turn;
    if (await install(this.context, this.log)) {
      void vscode.window.showInformationMessage("wic is installed.");
    }
    await this.restart();
  }

  /** Return the program, for what is asked of the command line; undefined where there is none, which is said. */
  async program(): Promise<Found | undefined> {
    const located = await locate(this.context, this.log);
    if (located.kind === "found") {
      return located;
    }
    this.wasOffered = false; // somebody has asked
    void this.explain(located);
    return undefined;
  }

  async stop(): Promise<void> {
    clearTimeout(this.retry);
    const { client } = this;
    this.client = undefined;
    if (client !== undefined) {
      await client.dispose(5000).catch((error) => this.log.warn(`The server did not end well: ${error}`));
    }
    await this.tell();
  }

  dispose(): void {
    clearTimeout(this.retry);
    for (const one of this.subscriptions) {
      one.dispose();
    }
  }

  private again(): Promise<void> {
    this.turn = this.turn
      .then(() => this.stop())
      .then(() => this.start())
      .catch((error) => {
        this.log.error(error);
        this.status.setServer({ kind: "none", why: `${error}` });
      });
    return this.turn;
  }

  private async start(): Promise<void> {
    this.started = launchKey();
    this.status.setServer({ kind: "starting" });
    const located = await locate(this.context, this.log);
    if (located.kind !== "found") {
      this.status.setServer({ kind: "none", why: describe(located) });
      void this.explain(located);
      return;
    }
    this.log.info(`wic ${located.version}, ${located.program}, from ${located.origin}`);
    const client = new WicClient(located, this.status, this.log);
    try {
      await client.start();
    } catch (error) {
      await client.dispose().catch(() => undefined); // it may not be in a state to be ended
      this.fail(client, error);
      return;
    }
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && this.client === client) {
        this.client = undefined;
        this.fail(client, undefined);
      }
    });
    this.waitMs = 1000;
    this.status.setServer({ kind: "running", version: located.version, shared: client.shared });
    await this.tell();
  }

  /** Say that the server has ended or could not be started, and begin anew where that may help. */
  private fail(client: WicClient, error: unknown): void {
    const why = client.lastWords() || (error === undefined ? "The server has ended." : `${error}`);
    this.log.error(why);
    this.status.setServer({ kind: "none", why });
    void this.tell();
    const now = Date.now();
    this.ends = [...this.ends.filter((one) => now - one < SHORT_MS), now];
    if (client.shared !== "") {
      this.retry = setTimeout(() => void this.again(), this.waitMs);
      this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
      if (this.ends.length === 1) {
        void this.complain(`The shared server ${client.shared} cannot be used. ${why}`);
      }
    } else if (error === undefined && this.ends.length <= MOST_ENDS) {
      void this.again();
    } else {
      void this.complain(`wic could not be kept running. ${why}`);
    }
  }

  private async complain(what: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(what, "Restart", "Open Settings", "Show Log");
    if (chosen === "Restart") {
      await this.restart();
    } else if (chosen === "Open Settings") {
      await openSettings();
    } else if (chosen === "Show Log") {
      this.log.show();
    }
  }

  /** Say that there is no program, and offer what helps; once, until somebody asks anew. */
  private async explain(located: Exclude<Located, Found>): Promise<void> {
    if (this.wasOffered) {
      return;
    }
    this.wasOffered = true;
    const installing = "Install";
    const setting = "Open Settings";
    const what = describe(located);
    const chosen =
      located.kind === "wrong"
        ? await vscode.window.showErrorMessage(what, setting)
        : await vscode.window.showWarningMessage(what, installing, setting);
    if (chosen === installing) {
      await this.installServer();
    } else if (chosen === setting) {
      await openSettings();
    }
  }

  /** Set what commands are shown by. */
  private async tell(): Promise<void> {
    const offered = this.client?.initializeResult?.capabilities.executeCommandProvider?.commands ?? [];
    const keys: [string, boolean][] = [
      ["wic.isRunning", this.client !== undefined],
      ["wic.isShared", this.client !== undefined && this.client.shared !== ""],
      ["wic.hasMatrix", offered.includes("wic.showMatrix")],
    ];
    await Promise.all(keys.map(([key, is]) => vscode.commands.executeCommand("setContext", key, is)));
  }
}

export function isOurs(document: vscode.TextDocument): boolean {
  return vscode.languages.match(selector() as vscode.DocumentSelector, document) > 0;
}

function openSettings(): Thenable<unknown> {
  return vscode.commands.executeCommand("workbench.action.openSettings", "wic.");
}

function launchKey(): string {
  return JSON.stringify(settings.launchOptions());
}

function describe(located: Exclude<Located, Found>): string {
  if (located.kind === "wrong") {
    return `The setting wic.path names no server. ${located.reasons.join(" ")}`;
  }
  return (
    "wic, the server that compiles what you edit, was not found on this machine. " +
    "It can be installed into a folder of this extension, with venv and pip."
  );
}
