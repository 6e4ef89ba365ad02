// What of LSP the page speaks, and one conversation over a WebSocket. Knows nothing of the page.

export interface Position { line: number; character: number }
export interface Range { start: Position; end: Position }
export interface TextEdit { range: Range; newText: string }
export interface Diagnostic {
  range: Range;
  message: string;
  severity?: number;
  code?: string | number;
  codeDescription?: { href: string };
  source?: string;
  tags?: number[];
  relatedInformation?: { location: { uri: string; range: Range }; message: string }[];
}
export interface CodeAction {
  title: string;
  kind?: string;
  isPreferred?: boolean;
  diagnostics?: Diagnostic[];
  edit?: { documentChanges?: { textDocument: { uri: string; version: number | null }; edits: TextEdit[] }[] };
}
export interface Output {
  line: number | null;
  toolchain: string;
  runtime: string;
  command: string[];
  outcome: string;
  reason: string;
  output: string;
}

export const ERROR = 1;
export const WARNING = 2;

/** The server answered a request with an error. */
export class Refused extends Error {}

type Handler = (params: never) => void;
interface Message {
  id?: number | string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

/** One connection. Whatever waits for an answer when it ends is told so. */
export class Conversation {
  private readonly waiting = new Map<number, { resolve: (result: never) => void; reject: (why: Error) => void }>();
  private readonly handlers = new Map<string, Handler>();
  private count = 0;

  private constructor(private readonly socket: WebSocket, onEnd: (event: CloseEvent) => void) {
    socket.addEventListener("message", (event) => this.take(String(event.data)));
    socket.addEventListener("close", (event) => {
      for (const one of this.waiting.values()) one.reject(new Refused("The connection was lost."));
      this.waiting.clear();
      onEnd(event);
    });
  }

  /** Connects; `token` goes as a subprotocol, since a page can send no headers, and an address is logged. */
  static open(url: URL, token: string | null, onEnd: (event: CloseEvent) => void): Promise<Conversation> {
    const protocols = ["wic.lsp"];
    if (token !== null) protocols.push(`wic.token.${encode(token)}`);
    const socket = new WebSocket(url, protocols);
    return new Promise((resolve, reject) => {
      let isOpen = false;
      const conversation = new Conversation(socket, (event) => {
        if (isOpen) onEnd(event);
        else reject(new Refused("No connection came about."));
      });
      socket.addEventListener("open", () => {
        isOpen = true;
        resolve(conversation);
      });
    });
  }

  on(method: string, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  request<T>(method: string, params: unknown): Promise<T> {
    const id = ++this.count;
    return new Promise<T>((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) reject(new Refused("The connection was lost."));
      this.waiting.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  close(): void {
    this.socket.close();
  }

  private send(message: Message): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  private take(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message.method !== undefined) {
      this.handlers.get(message.method)?.(message.params as never);
      if (message.id !== undefined) this.send({ id: message.id, result: null });
      return;
    }
    const waiting = this.waiting.get(Number(message.id));
    this.waiting.delete(Number(message.id));
    if (message.error) waiting?.reject(new Refused(message.error.message));
    else waiting?.resolve(message.result as never);
  }
}

function encode(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
