// What is said of a text in a few words. "It compiles" is said of nothing but what the server has said of this very text.

import { counted } from "./dom";
import { type Diagnostic, ERROR, WARNING } from "./lsp";

export type State =
  | { kind: "connecting" }
  | { kind: "token"; reason: string }
  | { kind: "lost"; reason: string; seconds: number | null }
  | { kind: "checking" }
  | { kind: "checked"; diagnostics: Diagnostic[]; missing: string | null; rows: Row[] };

/** What one of several compilers says of a text; `takes` is true of nothing but a compile that passed. */
export interface Row { toolchain: string; takes: boolean; errors: number }

export type Look = "busy" | "clean" | "error" | "unknown" | "lost";
export interface Verdict { look: Look; title: string; details: string }

/** The codes of what the server says where a text was not compiled, or not to its end; and of text withheld. */
const MISSING = new Set(["not-run", "timed-out", "out-of-memory", "output-limit", "crashed", "not-checked"]);

/** Why a text was not checked whole; null where it was. */
export function missingFrom(diagnostics: Diagnostic[]): string | null {
  const found = diagnostics.filter((one) => isMissing(one));
  return found.length > 0 ? found.map((one) => one.message.replace(/^Not compiled: /, "")).join(" ") : null;
}

export function isMissing(one: Diagnostic): boolean {
  return (one.severity ?? ERROR) > WARNING && MISSING.has(String(one.code));
}

export function decide(state: State, isMarkdown: boolean): Verdict {
  switch (state.kind) {
    case "connecting":
      return { look: "busy", title: "Connecting", details: "" };
    case "token":
      return { look: "lost", title: "Not connected", details: state.reason };
    case "lost": {
      const next = state.seconds === null ? "" : `Trying again in ${counted(state.seconds, "second")}.`;
      return { look: "lost", title: "Connection lost", details: `${state.reason} ${next}`.trim() };
    }
    case "checking":
      return { look: "busy", title: "Checking", details: "" };
    case "checked":
      return decideChecked(state.diagnostics, state.missing, state.rows, isMarkdown);
  }
}

function decideChecked(found: Diagnostic[], missing: string | null, rows: Row[], isMarkdown: boolean): Verdict {
  const errors = found.filter((one) => (one.severity ?? ERROR) === ERROR);
  const warnings = found.filter((one) => one.severity === WARNING);
  const counts = [errors.length && counted(errors.length, "error"), warnings.length && counted(warnings.length, "warning")];
  const told = counts.filter(Boolean).join(", ");
  if (missing !== null) {
    if (errors.length > 0) return { look: "error", title: told, details: `Not all was checked: ${missing}` };
    return { look: "unknown", title: "Not checked", details: missing };
  }
  if (errors.length === 0) {
    const title = isMarkdown ? "No block has an error" : "It compiles";
    return { look: "clean", title, details: warnings.length > 0 ? told : "" };
  }
  if (isMarkdown) return { look: "error", title: told, details: "" };
  if (rows.length < 2) return { look: "error", title: "It does not compile", details: told };
  const taking = rows.filter((one) => one.takes).map((one) => one.toolchain);
  const title = taking.length > 0 ? `It compiles with ${taking.join(", ")} only` : "It does not compile";
  const numbers = rows.map((one) => one.errors);
  const most = Math.max(...numbers);
  // What two compilers say of one fault in words of their own is two errors of the list, and none of them has both.
  return { look: "error", title, details: `${numbers.every((one) => one === most) ? "" : "up to "}${counted(most, "error")} with each` };
}

/** Reads the server's comparison of the compilers of one text; empty where it is of blocks, or says something else. */
export function readRows(markdown: string): Row[] {
  const [head, , ...lines] = markdown.split("\n");
  if (head !== "| Toolchain | Result |") return [];
  const rows: Row[] = [];
  for (const line of lines) {
    const found = /^\| (.*?) \| (.*) \|$/.exec(line);
    if (!found) break;
    const [toolchain, result] = [found[1]!, found[2]!].map((one) => one.replace(/\\(.)/g, "$1")) as [string, string];
    const errors = Number(/^(\d+) errors?\b/.exec(result)?.[1] ?? 0);
    rows.push({ toolchain, takes: /^(?:passes|\d+ warnings?)$/.test(result), errors });
  }
  return rows;
}
