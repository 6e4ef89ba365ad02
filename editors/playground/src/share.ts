// What a link holds behind its `#`: a text and what it is compiled with. Whatever comes from a link may be anybody's,
// so it is data of a bounded size whose every field is looked at, and never more than a person could have typed.

export interface Draft {
  language: string;
  toolchains: string[];
  standard: string;
  flags: string;
  text: string;
}

/** What is wrong with a link, in a sentence. */
export class BadLink extends Error {}

export const MOST_CHARACTERS = 200_000;
const MOST_BYTES = 1_000_000;
const MOST_ENCODED = 600_000;
const MOST_TOOLCHAINS = 20;
const VERSION = "1.";
const WORD = /^[\w.+-]{1,80}$/;
const STANDARD = /^[\w.+:-]{0,40}$/;
const FLAGS = /^[^\x00-\x1f\x7f]{0,1000}$/;
const BROKEN = "The link is damaged, so its text was not opened.";

export async function encodeDraft(draft: Draft): Promise<string> {
  if (draft.text.length > MOST_CHARACTERS) {
    throw new BadLink(`The text is too long for a link: at most ${MOST_CHARACTERS.toLocaleString("en")} characters.`);
  }
  const packed = await pass(new TextEncoder().encode(writeDraft(draft)), new CompressionStream("deflate-raw"), Infinity);
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return VERSION + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function decodeDraft(encoded: string): Promise<Draft> {
  if (!encoded.startsWith(VERSION)) throw new BadLink("The link is of another version, so it was not opened.");
  if (encoded.length > MOST_ENCODED) throw new BadLink("The link is too long, so it was not opened.");
  try {
    const binary = atob(encoded.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (one) => one.charCodeAt(0));
    const bytes = await pass(packed, new DecompressionStream("deflate-raw"), MOST_BYTES);
    return readDraft(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (problem) {
    throw problem instanceof BadLink ? problem : new BadLink(BROKEN);
  }
}

export function writeDraft(draft: Draft): string {
  return JSON.stringify([draft.language, draft.toolchains, draft.standard, draft.flags, draft.text]);
}

/** Takes a draft out of what was parsed. Throws BadLink where a field is not as it must be. */
export function readDraft(value: unknown): Draft {
  if (!Array.isArray(value) || value.length !== 5) throw new BadLink(BROKEN);
  const [language, toolchains, standard, flags, text] = value as unknown[];
  const isSound =
    isMatch(language, WORD) &&
    Array.isArray(toolchains) &&
    toolchains.length <= MOST_TOOLCHAINS &&
    toolchains.every((one) => isMatch(one, WORD)) &&
    isMatch(standard, STANDARD) &&
    isMatch(flags, FLAGS) &&
    typeof text === "string" &&
    text.length <= MOST_CHARACTERS;
  if (!isSound) throw new BadLink(BROKEN);
  return { language, toolchains: toolchains as string[], standard, flags, text };
}

function isMatch(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

/** Sends bytes through a stream; stops, and throws, where more than `most` come out. */
async function pass(bytes: Uint8Array<ArrayBuffer>, through: CompressionStream | DecompressionStream, most: number) {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new BadLink("The link holds more than this page opens.");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
