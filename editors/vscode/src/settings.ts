/**
 * What is set, and whose word it is.
 *
 * A workspace can be anyone's, so the server takes what it asks the editor for as a workspace's word. What only the
 * user may set has the scope `machine` in package.json: VS Code takes it from no workspace, and we hand it over at
 * the start, where the server takes it as the user's. Limits go both ways: the user's own may raise what a
 * workspace may only lower. What nobody has set is not sent, so that the user's `config.toml` counts.
 */
import * as vscode from "vscode";

const SECTION = "wic";
/** The user's alone, by the server's rule as well. */
const USER_ONLY = ["runtime", "runtimeClass", "kubernetes", "cache"];
const LIMITS = ["timeoutSeconds", "memoryMegabytes"];
/** What a workspace may set, for all that is in it. */
const SHARED = ["toolchains", "standards", "flags", "debounceMilliseconds", "when"];

export type Options = Record<string, unknown>;

/** Return what is handed over at the start: the user's own level of what a workspace may not set, or not raise. */
export function startOptions(): Options {
  const options: Options = {};
  for (const name of [...USER_ONLY, ...LIMITS]) {
    const said = configuration().inspect(name)?.globalValue;
    if (said !== undefined) {
      options[name] = said;
    }
  }
  return options;
}

/** Return what the server is told when it asks: all that a workspace may set, as it is in force here. */
export function workspaceOptions(): Options {
  const options: Options = {};
  for (const name of [...LIMITS, ...SHARED]) {
    if (isSet(name)) {
      options[name] = configuration().get(name);
    }
  }
  return options;
}

/** Return what decides which program is started, and how: when it changes, the server is started anew. */
export function launchOptions(): Options {
  return {
    path: paths(),
    server: text("server"),
    tokenFile: text("tokenFile"),
    caFile: text("caFile"),
    languages: languages(),
    start: startOptions(),
  };
}

/** The programs that `wic.path` names, in order. */
export function paths(): string[] {
  const said = configuration().get<unknown>("path");
  const all = Array.isArray(said) ? said : [said];
  return all.filter((one): one is string => typeof one === "string" && one !== "").map(expandHome);
}

/** The URL of a shared server; empty for a server of one's own. */
export function sharedServer(): string {
  return text("server");
}

/** What follows the URL of a shared server on the command line of `wic connect`. */
export function connectArguments(): string[] {
  const files: [string, string][] = [
    ["--token-file", expandHome(text("tokenFile"))],
    ["--ca-file", expandHome(text("caFile"))],
  ];
  return files.flatMap(([option, file]) => (file === "" ? [] : [option, file]));
}

/** What pip is told to install. */
export function requirement(): string {
  return expandHome(text("installFrom"));
}

/** The language identifiers of the documents that are sent to the server. */
export function languages(): string[] {
  const said = configuration().get<unknown>("languages");
  return Array.isArray(said) ? said.filter((one): one is string => typeof one === "string") : [];
}

/** The toolchains that are set, by language. */
export function toolchains(): Record<string, string | string[]> {
  return { ...configuration().get<Record<string, string | string[]>>("toolchains") };
}

export async function setToolchains(language: string, names: string[], target: vscode.ConfigurationTarget) {
  const known = configuration().inspect<Record<string, string[]>>("toolchains");
  const there = target === vscode.ConfigurationTarget.Global ? known?.globalValue : known?.workspaceValue;
  const { [language]: _, ...others } = { ...there };
  const changed = names.length === 0 ? others : { ...others, [language]: names };
  await configuration().update("toolchains", Object.keys(changed).length === 0 ? undefined : changed, target);
}

function configuration(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION);
}

function text(name: string): string {
  const said = configuration().get<unknown>(name);
  return typeof said === "string" ? said.trim() : "";
}

function isSet(name: string): boolean {
  const known = configuration().inspect(name);
  return [known?.globalValue, known?.workspaceValue, known?.workspaceFolderValue].some((one) => one !== undefined);
}

function expandHome(path: string): string {
  const home = process.env["HOME"] ?? "~";
  return path.replace(/^~(?=\/|$)/, home).replaceAll("${userHome}", home);
}
