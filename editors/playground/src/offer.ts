// What the server has, as it tells it, and why it would not serve us now.

export interface Toolchain { id: string; version: string }
export interface Language {
  id: string;
  title: string;
  editor: string;
  file: string;
  toolchains: Toolchain[];
  standards: string[];
  chosen: string[];
}
export interface Offer { version: string; languages: Language[] }

/** The server cannot be had; `needsToken` where it is for want of the right token. */
export class Unavailable extends Error {
  constructor(message: string, readonly needsToken = false) {
    super(message);
  }
}

const MARKDOWN: Language = {
  id: "markdown",
  title: "Markdown",
  editor: "markdown",
  file: "notes.md",
  toolchains: [],
  standards: [],
  chosen: [],
};

/** Asks what can be chosen. It is asked before each connection: of a WebSocket's refusal a page is told nothing. */
export async function askOffer(token: string | null): Promise<Offer> {
  const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    answer = await fetch("offer.json", { headers, cache: "no-store", credentials: "omit" });
  } catch {
    throw new Unavailable("The server does not answer.");
  }
  if (!answer.ok) throw new Unavailable((await answer.text()).trim(), answer.headers.get("X-Wic-Reason") === "token");
  const offer = (await answer.json()) as Offer;
  return { ...offer, languages: offer.languages.length > 0 ? [...offer.languages, MARKDOWN] : [] };
}
