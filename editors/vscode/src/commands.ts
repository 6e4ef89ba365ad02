/** The commands. Each is a function of what runs now; what a server answers is shown in documents of our own. */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { basename } from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { WicClient } from "./client";
import type { Found } from "./locate";
import * as settings from "./settings";
import { type Supervisor, isOurs } from "./supervisor";
import type { Words } from "./words";

const run = promisify(execFile);
const MOST_BYTES = 64 * 1024 * 1024;
/** What the server calls languages of which editors have several. */
const LANGUAGES: Record<string, string> = {
  "c++": "cpp",
  typescriptreact: "typescript",
  javascriptreact: "javascript",
};

interface Output {
  line: number | null;
  toolchain: string | null;
  runtime: string | null;
  why: string;
  command: string[];
  outcome: string;
  reason: string;
  output: string;
}

interface ListedToolchain {
  runtime: string;
  id: string;
  language: string;
  program: string;
  usable: boolean;
  version?: string;
}

interface ListedImage {
  runtime: string;
  toolchain: string;
  image: string;
  here: boolean;
}

export function registerCommands(
  supervisor: Supervisor,
  words: Words,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const commands = new Commands(supervisor, words, log);
  const all: Record<string, (...given: unknown[]) => Promise<unknown>> = {
    checkNow: (uri) => commands.checkNow(uri),
    chooseToolchains: () => commands.chooseToolchains(),
    showOutput: (uri) => commands.showOutput(uri),
    showMatrix: (uri) => commands.showMatrix(uri),
    restart: () => supervisor.restart(),
    restartRuntime: () => commands.restartRuntime(),
    doctor: () => commands.doctor(),
    pullImage: (image) => commands.pullImage(image),
    installServer: () => supervisor.installServer(),
    showLog: async () => log.show(),
    showMenu: () => commands.showMenu(),
  };
  return vscode.Disposable.from(
    ...Object.entries(all).map(([name, carryOut]) => vscode.commands.registerCommand(`wic.${name}`, carryOut)),
  );
}

class Commands {
  constructor(
    private readonly supervisor: Supervisor,
    private readonly words: Words,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async checkNow(given: unknown): Promise<void> {
    const uri = documentOf(given);
    if (uri !== undefined) {
      await this.ask("wic.checkNow", uri);
    }
  }

  async restartRuntime(): Promise<void> {
    await this.ask("wic.restartRuntime");
  }

  async showOutput(given: unknown): Promise<void> {
    const uri = documentOf(given);
    if (uri === undefined) {
      return;
    }
    const outputs = await whileShown("Compiling for its output", () => this.ask<Output[]>("wic.showOutput", uri));
    if (outputs !== undefined) {
      const name = `${basename(vscode.Uri.parse(uri).path)} (compiler output)`;
      await this.words.show(name, outputs.map(write).join("\n"), uri);
    }
  }

  async showMatrix(given: unknown): Promise<void> {
    const uri = documentOf(given);
    if (uri === undefined) {
      return;
    }
    const table = await whileShown("Compiling on each toolchain", () => this.ask<unknown>("wic.showMatrix", uri));
    if (typeof table === "string") {
      const name = `${basename(vscode.Uri.parse(uri).path)} (toolchains).md`;
      const shown = this.words.set(name, table === "" ? "There is nothing to compare.\n" : table, uri);
      await vscode.commands.executeCommand("markdown.showPreviewToSide", shown);
    }
  }

  async doctor(): Promise<void> {
    const found = await this.supervisor.program();
    if (found !== undefined) {
      // The doctor's exit code says whether anything works; what it prints says what, in either case.
      const said = await whileShown("wic doctor", () => this.call(found, ["doctor"], false));
      if (said !== undefined) {
        await this.words.show("wic doctor", `$ ${found.program} doctor\n\n${said}`);
      }
    }
  }

  async pullImage(given: unknown): Promise<void> {
    const image = typeof given === "string" ? given : await this.chooseImage();
    if (image !== undefined) {
      // How it goes is shown by the server's own progress, and its failure by the server's own message.
      await this.ask("wic.pullImage", image, false);
    }
  }

  async chooseToolchains(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const found = await this.listToolchains();
    if (found === undefined) {
      return;
    }
    const languages = [...new Set(found.map((one) => one.language))].sort();
    const own = document === undefined ? undefined : LANGUAGES[document.languageId] ?? document.languageId;
    const language =
      own !== undefined && languages.includes(own)
        ? own
        : await vscode.window.showQuickPick(languages, { title: "Toolchains: of which language?" });
    if (language === undefined) {
      return;
    }
    const names = await this.pickToolchains(language, found);
    const target = names === undefined ? undefined : await chooseTarget();
    if (names !== undefined && target !== undefined) {
      await settings.setToolchains(language, names, target);
    }
  }

  async showMenu(): Promise<void> {
    const { client } = this.supervisor;
    const isShared = client !== undefined && client.shared !== "";
    const hasMatrix = client?.initializeResult?.capabilities.executeCommandProvider?.commands?.includes(
      "wic.showMatrix",
    );
    const items: (vscode.QuickPickItem & { command: string; isOffered: boolean })[] = [
      { label: "$(play) Check Now", command: "wic.checkNow", isOffered: client !== undefined },
      { label: "$(stop) Cancel the Check", command: "", isOffered: (client?.compiling.size ?? 0) > 0 },
      { label: "$(checklist) Choose Toolchains...", command: "wic.chooseToolchains", isOffered: client !== undefined },
      { label: "$(output) Show Compiler Output", command: "wic.showOutput", isOffered: client !== undefined },
      { label: "$(table) Show Table of Toolchains", command: "wic.showMatrix", isOffered: hasMatrix === true },
      { label: "$(cloud-download) Pull Image...", command: "wic.pullImage", isOffered: client !== undefined && !isShared },
      { label: "$(desktop-download) Install the Server", command: "wic.installServer", isOffered: client === undefined },
      { label: "$(pulse) Doctor", command: "wic.doctor", isOffered: true },
      { label: "$(debug-restart) Restart Server", command: "wic.restart", isOffered: true },
      { label: "$(list-flat) Show Log", command: "wic.showLog", isOffered: true },
    ];
    const chosen = await vscode.window.showQuickPick(
      items.filter((one) => one.isOffered),
      { title: "Wic: will it compile?" },
    );
    if (chosen?.command === "") {
      for (const token of client?.compiling.keys() ?? []) {
        await client?.sendNotification("window/workDoneProgress/cancel", { token });
      }
    } else if (chosen !== undefined) {
      await vscode.commands.executeCommand(chosen.command);
    }
  }

  /** Have the server carry out a command of its own; undefined where it could not, which is said. */
  private async ask<Answer>(command: string, argument?: string, isSaid = true): Promise<Answer | undefined> {
    const client: WicClient | undefined = await this.supervisor.running();
    if (client === undefined) {
      return undefined;
    }
    const params = { command, arguments: argument === undefined ? [] : [argument] };
    try {
      return await client.sendRequest(ExecuteCommandRequest.type, params);
    } catch (error) {
      const why = error instanceof Error ? error.message : `${error}`;
      this.log.error(`${command}: ${why}`);
      if (isSaid) {
        void vscode.window.showErrorMessage(`Wic: ${why}`);
      }
      return undefined;
    }
  }

  private async listToolchains(): Promise<ListedToolchain[] | undefined> {
    if (settings.sharedServer() !== "") {
      void vscode.window.showInformationMessage(
        "A shared server's toolchains are not known here. Name those that you want in the setting wic.toolchains.",
      );
      return undefined;
    }
    const answer = await this.list<{ toolchains: ListedToolchain[] }>(["toolchains"], "Looking for compilers");
    return answer?.toolchains.filter((one) => one.usable);
  }

  private async pickToolchains(language: string, found: ListedToolchain[]): Promise<string[] | undefined> {
    const set = settings.toolchains()[language] ?? [];
    const chosen = typeof set === "string" ? [set] : set;
    const there = found.filter((one) => one.language === language);
    const names = [...new Set([...there.map((one) => one.id), ...chosen])];
    const picks = await vscode.window.showQuickPick(
      names.map((name) => {
        const ways = there.filter((one) => one.id === name);
        return {
          label: name,
          description: [...new Set(ways.map((one) => one.version))].join(", "),
          detail: ways.length === 0 ? "not found here" : ways.map((one) => one.runtime).join(", "),
          picked: chosen.includes(name),
        };
      }),
      {
        title: `Toolchains for ${language}`,
        placeHolder: "Several are compared. None: what the bare command means here.",
        canPickMany: true,
      },
    );
    return picks?.map((one) => one.label);
  }

  private async chooseImage(): Promise<string | undefined> {
    const answer = await this.list<{ images: ListedImage[] }>(["images", "list"], "Looking for images");
    const missing = answer?.images.filter((one) => !one.here) ?? [];
    if (answer !== undefined && missing.length === 0) {
      void vscode.window.showInformationMessage("There is no image to pull: no container engine, or all are here.");
    }
    if (missing.length === 0) {
      return undefined;
    }
    const picked = await vscode.window.showQuickPick(
      missing.map((one) => ({ label: one.toolchain, description: one.image, image: one.image })),
      { title: "Pull the image of which toolchain?", matchOnDescription: true },
    );
    return picked?.image;
  }

  /** Ask the command line for a list. */
  private async list<Answer>(args: string[], title: string): Promise<Answer | undefined> {
    const found = await this.supervisor.program();
    if (found === undefined) {
      return undefined;
    }
    const said = await whileShown(title, () => this.call(found, [...args, "--format", "json"], true));
    return said === undefined ? undefined : (JSON.parse(said) as Answer);
  }

  /** Run a command of wic's and return what it prints; a failure without output is said. */
  private async call(found: Found, args: string[], isStrict: boolean): Promise<string | undefined> {
    try {
      const { stdout } = await run(found.program, args, { cwd: homedir(), maxBuffer: MOST_BYTES });
      return stdout;
    } catch (error) {
      const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
      if (stdout) {
        return isStrict ? stdout : `${stdout}${stderr ?? ""}`;
      }
      this.log.error(message);
      void vscode.window.showErrorMessage(`wic ${args[0]} failed. ${stderr || message}`);
      return undefined;
    }
  }
}

/** The URI that a command was given, by a code lens, or else that of the document on the screen. */
function documentOf(given: unknown): string | undefined {
  if (typeof given === "string") {
    return given;
  }
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || !isOurs(document)) {
    void vscode.window.showInformationMessage("Wic: open a file that wic compiles first.");
    return undefined;
  }
  return document.uri.toString();
}

/** Ask whether a setting is for this workspace or for all; undefined where the question was cancelled. */
async function chooseTarget(): Promise<vscode.ConfigurationTarget | undefined> {
  const { workspaceFolders, isTrusted } = vscode.workspace;
  if (workspaceFolders === undefined || !isTrusted) {
    return vscode.ConfigurationTarget.Global;
  }
  const picked = await vscode.window.showQuickPick(
    [
      { label: "In this workspace", target: vscode.ConfigurationTarget.Workspace },
      { label: "Everywhere", target: vscode.ConfigurationTarget.Global },
    ],
    { title: "Where do these toolchains count?" },
  );
  return picked?.target;
}

function whileShown<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
}

/** Write one compile as in a terminal. */
function write(one: Output): string {
  const place = one.line === null ? "" : `, the block at line ${one.line + 1}`;
  const where = [one.runtime, one.why].filter(Boolean).join(": ");
  const head = [`# ${one.toolchain ?? "no toolchain"}${place}${where && ` (${where})`}`];
  if (one.command.length > 0) {
    head.push(`$ ${one.command.join(" ")}`);
  }
  const end = one.outcome === "finished" ? "" : [one.outcome, one.reason].filter(Boolean).join(": ");
  const said = one.output.trimEnd();
  return `${[...head, said || (end === "" ? "It says nothing." : ""), end].filter(Boolean).join("\n")}\n`;
}
