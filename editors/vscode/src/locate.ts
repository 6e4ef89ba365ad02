/**
 * Finds the program `wic`: in the setting, in the extension, in the environment of the chosen Python interpreter, on
 * the PATH, in the folder that the extension installs it into. The first that answers as wic is taken.
 *
 * Yocto has a command of the same name, so a program counts only if `--version` prints `wic X.Y.Z`. A program that
 * the setting names is never replaced by another: if it is none, that is said. Nothing that belongs to a workspace
 * which is not trusted is run: neither an interpreter's environment (it may lie in the workspace) nor what the PATH
 * finds by a relative name.
 */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import { paths } from "./settings";

const PATIENCE_MS = 60_000;
const ANSWER = /^wic (\d+\.\d+\.\d+\S*)\s*$/;

/** A program that answered; `origin` says for people where it was found. */
export interface Found {
  kind: "found";
  program: string;
  version: string;
  origin: string;
}

/** What the setting names is no wic, and why. */
export interface Wrong {
  kind: "wrong";
  reasons: string[];
}

export interface Missing {
  kind: "missing";
}

export type Located = Found | Wrong | Missing;

/** Where the extension installs the server. */
export function ownEnvironment(context: vscode.ExtensionContext): string {
  return join(context.globalStorageUri.fsPath, "venv");
}

export async function locate(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<Located> {
  const named = paths();
  const reasons: string[] = [];
  for (const path of named) {
    const tried = await probe(path);
    if (tried.version !== undefined) {
      return { kind: "found", program: tried.program, version: tried.version, origin: "the setting wic.path" };
    }
    reasons.push(tried.reason);
  }
  if (named.length > 0) {
    return { kind: "wrong", reasons };
  }
  for (const [origin, program] of await candidates(context, log)) {
    if (!(await isProgram(program))) {
      continue;
    }
    const tried = await probe(program);
    if (tried.version !== undefined) {
      return { kind: "found", program: tried.program, version: tried.version, origin };
    }
    log.info(`Passed over: ${tried.reason}`);
  }
  return { kind: "missing" };
}

async function candidates(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
): Promise<[string, string][]> {
  const found: [string, string][] = [["the extension", join(context.extensionPath, "bundled", "bin", "wic")]];
  const interpreter = vscode.workspace.isTrusted ? await chosenInterpreter(log) : undefined;
  if (interpreter !== undefined) {
    found.push(["the chosen Python interpreter's environment", join(dirname(interpreter), "wic")]);
  }
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (isAbsolute(folder)) {
      found.push(["the PATH", join(folder, "wic")]);
    }
  }
  found.push(["the extension's own folder", join(ownEnvironment(context), "bin", "wic")]);
  return found;
}

interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(of: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

/** Return the interpreter that the Python extension has chosen, if that extension is there and says one. */
export async function chosenInterpreter(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const python = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (python === undefined) {
    return undefined;
  }
  try {
    const { environments } = await python.activate();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
    return resolved?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`The Python extension did not say which interpreter is chosen: ${error}`);
    return undefined;
  }
}

export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Ask a program for its version. `wic-lsp` only serves, and has `wic` beside it. */
async function probe(path: string): Promise<{ program: string; version?: string; reason: string }> {
  const program = basename(path) === "wic-lsp" ? join(dirname(path), "wic") : path;
  if (!isAbsolute(path)) {
    return { program, reason: `${path} is no absolute path.` };
  }
  if (!(await isProgram(program))) {
    return { program, reason: `There is no program ${program}.` };
  }
  return new Promise((resolve) => {
    execFile(program, ["--version"], { cwd: homedir(), timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      const version = error === null ? ANSWER.exec(stdout)?.[1] : undefined;
      const said = (stdout.trim() || stderr.trim() || error?.message || "nothing").split("\n", 1)[0];
      resolve({ program, version, reason: `${program} is no wic: asked for its version, it says: ${said}` });
    });
  });
}
