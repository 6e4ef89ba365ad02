/** The extension: its parts are made here, put together, and taken down with it. */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Status } from "./status";
import { Supervisor, isOurs } from "./supervisor";
import { Words } from "./words";

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Wic", { log: true });
  const status = new Status(isOurs);
  const words = new Words();
  supervisor = new Supervisor(context, status, log);
  context.subscriptions.push(log, status, words, supervisor, registerCommands(supervisor, words, log));
}

export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
