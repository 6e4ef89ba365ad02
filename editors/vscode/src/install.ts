/**
 * Installs the server into a virtual environment in the extension's own folder, by venv and pip.
 *
 * Only when the user asks for it. What was there before is kept until pip has succeeded in it, and an installation
 * that was cancelled or failed leaves no `wic` that was not there before: pip puts the program in last.
 */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import { chosenInterpreter, isProgram, ownEnvironment } from "./locate";
import { requirement } from "./settings";

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"];
const MOST_WORDS = 400;
const IS_FIT = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/** Install or update; true where it is there afterwards. Failures are shown. */
export async function install(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: "Installing wic",
    cancellable: true,
  };
  try {
    return await vscode.window.withProgress(options, (progress, token) =>
      carryOut(context, log, progress, token),
    );
  } catch (error) {
    log.error(`The installation failed: ${error instanceof Error ? error.message : error}`);
    const show = "Show Log";
    const chosen = await vscode.window.showErrorMessage(
      `wic could not be installed. ${error instanceof Error ? error.message : error}`,
      show,
    );
    if (chosen === show) {
      log.show();
    }
    return false;
  }
}

async function carryOut(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  progress: vscode.Progress<{ message?: string }>,
  token: vscode.CancellationToken,
): Promise<boolean> {
  const run = (program: string, args: string[]) => follow(program, args, log, token);
  progress.report({ message: "looking for Python" });
  const python = await findPython(log);
  if (python === undefined) {
    throw new Error(
      "It needs Python 3.11 or newer with venv and pip, which was not found. " +
        "On Debian and Ubuntu: apt install python3-venv.",
    );
  }
  const folder = ownEnvironment(context);
  await mkdir(context.globalStorageUri.fsPath, { recursive: true });
  progress.report({ message: "making an environment" });
  if (!(await run(python, ["-m", "venv", folder]))) {
    return false;
  }
  progress.report({ message: `pip install ${requirement()}` });
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--upgrade", requirement()];
  return run(join(folder, "bin", "python"), pip);
}

async function findPython(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const interpreter = vscode.workspace.isTrusted ? await chosenInterpreter(log) : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  const all = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const python of interpreter === undefined ? all : [...all, interpreter]) {
    if ((await isProgram(python)) && (await isFit(python))) {
      return python;
    }
  }
  return undefined;
}

async function isFit(python: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(python, ["-I", "-c", IS_FIT], { cwd: homedir(), stdio: "ignore" });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

/** Run a program with its output in the log; false where it was cancelled, an error with its last words if it fails. */
async function follow(
  program: string,
  args: string[],
  log: vscode.LogOutputChannel,
  token: vscode.CancellationToken,
): Promise<boolean> {
  if (token.isCancellationRequested) {
    return false;
  }
  log.info([program, ...args].join(" "));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: homedir(), stdio: ["ignore", "pipe", "pipe"] });
    const cancelling = token.onCancellationRequested(() => child.kill());
    // What it says is the matter: pip's last error with what follows it, or else the last line.
    let words = "";
    const take = (chunk: Buffer) => {
      for (const line of chunk.toString().split(/\r?\n/).filter(Boolean)) {
        log.info(line);
        words = words.startsWith("ERROR: ") && !line.startsWith("ERROR: ") ? `${words} ${line}` : line;
      }
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", (code) => {
      cancelling.dispose();
      if (token.isCancellationRequested) {
        resolve(false);
      } else if (code === 0) {
        resolve(true);
      } else {
        reject(new Error(words === "" ? `${program} ended with ${code}.` : words.slice(0, MOST_WORDS)));
      }
    });
  });
}
