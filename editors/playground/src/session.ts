// One document on the server, for as long as the page is open: it connects, and connects anew when the connection is lost.
//
// Every state that is shown comes from here. What the server says counts only for the version that is on the screen now:
// other settings make a new version too, so that what was said under the old ones is never taken for an answer.

import { type CodeAction, Conversation, type Diagnostic, ERROR, type Output, type Position, Refused, type TextEdit } from "./lsp";
import { type Language, type Offer, Unavailable, askOffer } from "./offer";
import { type State, missingFrom, readRows } from "./verdict";

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 15;
const PULSE_MS = 20_000;
const PATIENCE_MS = 15_000;
const LIMIT = 1008;
const TOO_BIG = 1009;

export interface Options { toolchains: string[]; standard: string; flags: string[] }

export interface Listener {
  /** The server has told what can be chosen; after this `open` is called. */
  offered(offer: Offer): void;
  changed(state: State): void;
  /** What was found in the version that is on the screen. Actions come a moment after it. */
  found(diagnostics: Diagnostic[], actions: CodeAction[]): void;
  /** The server has something to say that is of no place in the text. */
  told(message: string): void;
  text(): string;
}

export class Session {
  token: string | null = null;
  state: State = { kind: "connecting" };
  private conversation: Conversation | null = null;
  private language: Language | null = null;
  private options: Options = { toolchains: [], standard: "", flags: [] };
  private uri = "";
  private version = 0;
  private status: { version: number; status: string; reason: string } | null = null;
  private failures = 0;
  /** Grows with whatever makes an answer that is still awaited one to another question. */
  private turn = 0;
  private timer = 0;
  private pulse = 0;

  constructor(private readonly listener: Listener) {}

  /** Connects now, whatever was waited for. */
  async connect(): Promise<void> {
    window.clearTimeout(this.timer);
    if (this.conversation) return;
    this.show({ kind: "connecting" });
    try {
      const offer = await askOffer(this.token);
      const url = new URL("lsp", document.baseURI);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      url.hash = "";
      const conversation = await Conversation.open(url, this.token, (event) => this.end(conversation, event));
      this.conversation = conversation;
      await this.begin(conversation);
      this.listener.offered(offer);
    } catch (problem) {
      if (problem instanceof Unavailable && problem.needsToken) this.show({ kind: "token", reason: problem.message });
      else if (problem instanceof Unavailable || problem instanceof Refused) this.lose(problem.message);
      else throw problem;
    }
  }

  private async begin(conversation: Conversation): Promise<void> {
    conversation.on("textDocument/publishDiagnostics", (params: { uri: string; version?: number; diagnostics: Diagnostic[] }) =>
      void this.take(params.uri, params.version, params.diagnostics),
    );
    conversation.on("wic/status", (params: { uri: string; version: number; status: string; reason: string }) => {
      if (params.uri === this.uri) this.status = params;
    });
    conversation.on("window/showMessage", (params: { message: string }) => this.listener.told(params.message));
    await conversation.request("initialize", {
      processId: null,
      rootUri: null,
      clientInfo: { name: "wic playground" },
      capabilities: {
        general: { positionEncodings: ["utf-16"] },
        textDocument: {
          publishDiagnostics: { versionSupport: true, relatedInformation: true, codeDescriptionSupport: true },
          hover: { contentFormat: ["markdown"] },
          codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "source.fixAll"] } } },
        },
        workspace: { workspaceEdit: { documentChanges: true } },
        experimental: { wicStatus: true },
      },
    });
    conversation.notify("initialized", {});
    window.clearInterval(this.pulse);
    this.pulse = window.setInterval(() => void this.feel(conversation), PULSE_MS);
  }

  /** Ends a connection on which nothing is answered any more: a network may go without a word. */
  private async feel(conversation: Conversation): Promise<void> {
    const late = window.setTimeout(() => {
      conversation.close();
      this.end(conversation, null);
    }, PATIENCE_MS);
    // Any answer will do, and this question is answered without work.
    await conversation.request("wic/pulse", null).catch(() => undefined);
    window.clearTimeout(late);
  }

  private end(conversation: Conversation, event: CloseEvent | null): void {
    if (this.conversation !== conversation) return;
    this.conversation = null;
    window.clearInterval(this.pulse);
    const reason = event?.reason || "The server does not answer.";
    if (event && [LIMIT, TOO_BIG].includes(event.code)) this.show({ kind: "lost", reason, seconds: null });
    else this.lose(reason);
  }

  private lose(reason: string): void {
    let seconds = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.min(this.failures++, 10));
    const tick = (): void => {
      if (seconds <= 0) {
        void this.connect();
        return;
      }
      this.show({ kind: "lost", reason, seconds });
      seconds -= 1;
      this.timer = window.setTimeout(tick, 1000);
    };
    window.clearTimeout(this.timer);
    tick();
  }

  private show(state: State): void {
    this.state = state;
    this.listener.changed(state);
  }

  /** Shows the server another document in place of the one before. */
  open(language: Language, options: Options): void {
    if (this.uri) this.conversation?.notify("textDocument/didClose", { textDocument: { uri: this.uri } });
    this.language = language;
    this.options = options;
    this.uri = `file:///playground/${language.file}`;
    this.configure();
    this.version += 1;
    const item = { uri: this.uri, languageId: language.editor, version: this.version, text: this.listener.text() };
    this.conversation?.notify("textDocument/didOpen", { textDocument: item });
    this.wait();
  }

  choose(options: Options): void {
    this.options = options;
    this.configure();
    this.change([]);
  }

  private configure(): void {
    const { language, options } = this;
    const wic: Record<string, unknown> = { when: "always" };
    if (language && options.toolchains.length > 0) wic["toolchains"] = { [language.id]: options.toolchains };
    if (language && options.standard) wic["standards"] = { [language.id]: options.standard };
    if (language && options.flags.length > 0) wic["flags"] = { [language.id]: options.flags };
    this.conversation?.notify("workspace/didChangeConfiguration", { settings: { wic } });
  }

  /** Tells an edit; each is of the text that the ones before it have left. */
  change(edits: TextEdit[]): void {
    this.version += 1;
    const contentChanges = edits.map((one) => ({ range: one.range, text: one.newText }));
    const textDocument = { uri: this.uri, version: this.version };
    this.conversation?.notify("textDocument/didChange", { textDocument, contentChanges });
    this.wait();
  }

  checkAgain(): void {
    if (!this.conversation) {
      void this.connect();
      return;
    }
    this.wait();
    void this.command<unknown>("wic.checkNow").catch((problem: Error) => this.listener.told(problem.message));
  }

  private wait(): void {
    this.turn += 1;
    if (this.conversation) this.show({ kind: "checking" });
  }

  private async take(uri: string, version: number | undefined, diagnostics: Diagnostic[]): Promise<void> {
    if (uri !== this.uri || version !== this.version) return;
    this.failures = 0;
    const turn = ++this.turn;
    const status = this.status?.version === version ? this.status : null;
    const isWhole = status === null || status.status === "checked" || status.status === "checking";
    const missing = missingFrom(diagnostics) ?? (isWhole ? null : status.reason || "The server does not say why.");
    this.listener.found(diagnostics, []);
    const hasError = diagnostics.some((one) => (one.severity ?? ERROR) === ERROR);
    // Which of several compilers take the text is the server's to say. It compiles nothing for that.
    const rows = hasError && missing === null ? readRows(await this.matrix().catch(() => "")) : [];
    if (turn !== this.turn || !this.conversation) return;
    this.show({ kind: "checked", diagnostics, missing, rows });
    if (diagnostics.length > 0) void this.askActions(version, diagnostics);
  }

  private async askActions(version: number, diagnostics: Diagnostic[]): Promise<void> {
    const end = { line: 2 ** 31 - 1, character: 0 };
    const actions = await this.ask<CodeAction[] | null>("textDocument/codeAction", {
      textDocument: { uri: this.uri },
      range: { start: { line: 0, character: 0 }, end },
      context: { diagnostics: [] },
    }).catch(() => null);
    if (actions && version === this.version && this.state.kind === "checked") this.listener.found(diagnostics, actions);
  }

  /** The changes of an action, if it is of the text on the screen. */
  editsOf(action: CodeAction): TextEdit[] {
    const own = (action.edit?.documentChanges ?? []).filter(
      ({ textDocument }) => textDocument.uri === this.uri && textDocument.version === this.version,
    );
    return own.flatMap((one) => one.edits);
  }

  async hover(position: Position): Promise<string> {
    const textDocument = { uri: this.uri };
    const hover = await this.ask<{ contents: { value: string } } | null>("textDocument/hover", { textDocument, position });
    return hover?.contents.value ?? "";
  }

  matrix(): Promise<string> {
    return this.command<string>("wic.showMatrix");
  }

  output(): Promise<Output[]> {
    return this.command<Output[]>("wic.showOutput");
  }

  private command<T>(command: string): Promise<T> {
    return this.ask<T>("workspace/executeCommand", { command, arguments: [this.uri] });
  }

  private ask<T>(method: string, params: unknown): Promise<T> {
    return this.conversation?.request<T>(method, params) ?? Promise.reject(new Refused("There is no connection."));
  }
}
