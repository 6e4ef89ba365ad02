/**
 * The status bar's item: what is known of the document on the screen, by the server's own word.
 *
 * The server says how far a check is (`wic/status`) and what was found (the answer to a pull). "Clean" is said only
 * where it has answered, with an empty list, for the very version that is shown. All else is said as what it is:
 * checking, so many errors, not checked and why, or no server.
 */
import * as vscode from "vscode";

/** What the server says, unasked, of the check of one version of a document. */
export interface Told {
  uri: string;
  version: number;
  status: "checking" | "checked" | "failed" | "withheld";
  reason: string;
}

/** What the server answered of one version of a document. */
export interface Verdict {
  version: number;
  errors: number;
  others: number;
  /** Why it was not compiled, or not by all; empty where it was. */
  notChecked: string;
}

export type Server =
  | { kind: "none"; why: string }
  | { kind: "starting" }
  | { kind: "running"; version: string; shared: string };

interface Known {
  told?: Told;
  verdict?: Verdict;
  isAsked: boolean;
}

interface Shown {
  icon: string;
  text: string;
  why: string;
  isBad: boolean;
}

/** The codes of what the server says of a text that was not compiled, or not to the end. */
const NOT_CHECKED = new Set(["not-run", "timed-out", "out-of-memory", "output-limit", "crashed"]);
/** The code of what it says of a text that the user does not want compiled now. */
const WITHHELD = "not-checked";

/** Count what the server found in one version of a document. */
export function judge(version: number, diagnostics: readonly vscode.Diagnostic[]): Verdict {
  const isReason = (one: vscode.Diagnostic) =>
    one.severity === vscode.DiagnosticSeverity.Information && NOT_CHECKED.has(codeOf(one));
  const isWithheld = (one: vscode.Diagnostic) =>
    one.severity === vscode.DiagnosticSeverity.Hint && codeOf(one) === WITHHELD;
  const said = diagnostics.filter((one) => !isReason(one) && !isWithheld(one));
  const errors = said.filter((one) => one.severity === vscode.DiagnosticSeverity.Error).length;
  const notChecked = (diagnostics.find(isReason) ?? diagnostics.find(isWithheld))?.message ?? "";
  return { version, errors, others: said.length - errors, notChecked };
}

export class Status implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly known = new Map<string, Known>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private server: Server = { kind: "none", why: "The server has not been started." };

  constructor(private readonly isOurs: (document: vscode.TextDocument) => boolean) {
    this.item = vscode.window.createStatusBarItem("wic.status", vscode.StatusBarAlignment.Left, 0);
    this.item.name = "Wic";
    this.item.command = "wic.showMenu";
    this.subscriptions.push(
      this.item,
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.workspace.onDidChangeTextDocument(() => this.show()),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.known.delete(document.uri.toString());
        this.show();
      }),
    );
  }

  setServer(server: Server): void {
    this.server = server;
    if (server.kind !== "running") {
      this.known.clear();
    }
    this.show();
  }

  setTold(told: Told): void {
    this.of(vscode.Uri.parse(told.uri)).told = told;
    this.show();
  }

  /** The server has been asked what it finds in a document. */
  setAsked(uri: vscode.Uri): void {
    this.of(uri).isAsked = true;
    this.show();
  }

  /** It has answered; with undefined where there was no answer, and with a version where nothing has changed. */
  setAnswered(uri: vscode.Uri, answer: Verdict | number | undefined): void {
    const known = this.of(uri);
    known.isAsked = false;
    if (typeof answer === "object") {
      known.verdict = answer;
    } else if (answer !== undefined && known.verdict !== undefined) {
      known.verdict = { ...known.verdict, version: answer };
    }
    this.show();
  }

  dispose(): void {
    for (const one of this.subscriptions) {
      one.dispose();
    }
  }

  private of(uri: vscode.Uri): Known {
    const known = this.known.get(uri.toString()) ?? { isAsked: false };
    this.known.set(uri.toString(), known);
    return known;
  }

  private show(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !this.isOurs(document)) {
      this.item.hide();
      return;
    }
    const { icon, text, why, isBad } = this.describe(document);
    this.item.text = `$(${icon}) wic: ${text}`;
    this.item.accessibilityInformation = { label: ["wic: " + text, why].filter(Boolean).join(". ") };
    this.item.backgroundColor = isBad ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    const tooltip = new vscode.MarkdownString();
    for (const line of [why, this.describeServer(), "Click for more."].filter(Boolean)) {
      tooltip.appendText(line).appendMarkdown("\n\n");
    }
    this.item.tooltip = tooltip;
    this.item.show();
  }

  private describe(document: vscode.TextDocument): Shown {
    if (this.server.kind === "none") {
      return { icon: "circle-slash", text: "no server", why: this.server.why, isBad: true };
    }
    if (this.server.kind === "starting") {
      return { icon: "loading~spin", text: "starting", why: "", isBad: false };
    }
    const known = this.known.get(document.uri.toString());
    const told = known?.told?.version === document.version ? known.told : undefined;
    const verdict = known?.verdict?.version === document.version ? known.verdict : undefined;
    if (told?.status === "withheld") {
      return { icon: "circle-slash", text: "not checked", why: told.reason, isBad: false };
    }
    if (told?.status === "checking" || (verdict === undefined && known?.isAsked)) {
      return { icon: "loading~spin", text: "checking", why: "", isBad: false };
    }
    if (verdict === undefined) {
      const why = told?.reason || "This text has not been checked.";
      return { icon: "circle-slash", text: "not checked", why, isBad: false };
    }
    const reason = verdict.notChecked || (told?.status === "failed" ? told.reason : "");
    if (verdict.errors > 0) {
      return { icon: "error", text: count(verdict.errors, "error"), why: reason, isBad: false };
    }
    if (reason !== "") {
      return { icon: "circle-slash", text: "not checked", why: reason, isBad: true };
    }
    if (verdict.others > 0) {
      return { icon: "warning", text: count(verdict.others, "remark"), why: "No errors.", isBad: false };
    }
    return { icon: "check", text: "clean", why: "The compiler has nothing against this text.", isBad: false };
  }

  private describeServer(): string {
    if (this.server.kind !== "running") {
      return "";
    }
    return this.server.shared === "" ? `Server: wic ${this.server.version}` : `Shared server: ${this.server.shared}`;
  }
}

function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return `${typeof code === "object" ? code.value : code ?? ""}`;
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}
