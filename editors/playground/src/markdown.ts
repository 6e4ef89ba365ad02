// The Markdown that the server writes, as elements of the page: tables, blocks of code, lists, headings, emphasis, links.
// It may quote a stranger's text, so nothing of it is ever read as HTML, and a link leads to the web or nowhere.

import { element } from "./dom";

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s{0,3}[-*+]\s+(.*)$/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const ROW = /^\s*\|/;
const DIVIDER = /^[\s|:-]+$/;

export function render(markdown: string): DocumentFragment {
  const lines = markdown.split("\n");
  const whole = document.createDocumentFragment();
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = FENCE.exec(line)?.[1];
    const heading = HEADING.exec(line);
    if (fence !== undefined) {
      const end = endOf(lines, at + 1, (one) => one.trim().startsWith(fence) && one.trim() === fence[0]!.repeat(one.trim().length));
      whole.append(element("pre", {}, element("code", {}, lines.slice(at + 1, end).join("\n"))));
      at = end + 1;
    } else if (RULE.test(line)) {
      whole.append(element("hr"));
      at += 1;
    } else if (heading) {
      whole.append(element("h4", {}, inline(heading[2]!)));
      at += 1;
    } else if (ROW.test(line)) {
      const end = endOf(lines, at, (one) => !ROW.test(one));
      whole.append(table(lines.slice(at, end)));
      at = end;
    } else if (ITEM.test(line)) {
      const end = endOf(lines, at, (one) => !ITEM.test(one));
      whole.append(element("ul", {}, ...lines.slice(at, end).map((one) => element("li", {}, inline(ITEM.exec(one)![1]!)))));
      at = end;
    } else if (!line.trim()) {
      at += 1;
    } else {
      const ends = (one: string) => !one.trim() || [FENCE, HEADING, ITEM, RULE, ROW].some((pattern) => pattern.test(one));
      const end = endOf(lines, at + 1, ends);
      whole.append(element("p", {}, inline(lines.slice(at, end).join("\n"))));
      at = end;
    }
  }
  return whole;
}

function endOf(lines: string[], from: number, isEnd: (line: string) => boolean): number {
  const found = lines.slice(from).findIndex(isEnd);
  return found < 0 ? lines.length : from + found;
}

function table(lines: string[]): HTMLElement {
  const rows = lines.map(cells);
  const hasHead = lines.length > 1 && DIVIDER.test(lines[1]!);
  const head = hasHead ? rows[0]! : [];
  const body = hasHead ? rows.slice(2) : rows;
  return element(
    "div",
    { class: "scrolls" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head.map((one) => element("th", { scope: "col" }, inline(one))))),
      element(
        "tbody",
        {},
        ...body.map((row) => {
          const made = row.map((one, index) => {
            const cell = element(index === 0 ? "th" : "td", index === 0 ? { scope: "row" } : {}, inline(one));
            if (index > 0) cell.dataset["verdict"] = verdictOf(cell.textContent ?? "");
            return cell;
          });
          return element("tr", {}, ...made);
        }),
      ),
    ),
  );
}

/** What a cell of the comparison says, for its colour. */
function verdictOf(text: string): string {
  if (/\berrors?\b/.test(text)) return "error";
  if (/^not |stopped|\?/.test(text)) return "unknown";
  if (/\bwarnings?\b/.test(text)) return "warning";
  return /^passes|^✓/.test(text) ? "clean" : "";
}

/** The cells of a row; a bar behind a backslash is no border. */
function cells(line: string): string[] {
  const found = line.trim().replace(/^\|/, "").replace(/\|$/, "").split(/(?<!\\)\|/);
  return found.map((one) => one.trim());
}

const INLINE =
  /\\(?<escaped>[!-/:-@[-`{-~])|(?<ticks>`+)(?<code>[^`](?:.*?[^`])?)\k<ticks>(?!`)|\*\*(?<strong>(?:\\.|[^*\\])+)\*\*|\[(?<label>(?:\\.|[^\]\\])*)\]\(<?(?<target>[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?\)|<(?<bare>https?:\/\/[^\s<>]+)>/gs;

function inline(text: string): DocumentFragment {
  const whole = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    whole.append(text.slice(at, match.index));
    at = match.index + match[0].length;
    const { escaped, code, strong, label, target, bare } = match.groups as Record<string, string | undefined>;
    if (escaped !== undefined) whole.append(escaped);
    else if (code !== undefined) whole.append(element("code", {}, code));
    else if (strong !== undefined) whole.append(element("strong", {}, inline(strong)));
    else if (bare !== undefined) whole.append(link(bare, bare));
    else whole.append(link(target ?? "", inline(label ?? "")));
  }
  whole.append(text.slice(at));
  return whole;
}

/** A link to the web, which is told nothing of this page; what leads anywhere else is only its words. */
export function link(target: string, ...words: (string | Node)[]): HTMLElement {
  if (!/^https?:\/\//.test(target)) return element("span", {}, ...words);
  return element("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, ...words);
}
