// The page: puts the parts together.

import { Choices } from "./choices";
import { button, element, find } from "./dom";
import { Editor } from "./editor";
import { sampleOf } from "./languages";
import type { CodeAction, Diagnostic } from "./lsp";
import { ofBrowser, ofTab } from "./memory";
import type { Language, Offer } from "./offer";
import { Panels } from "./panels";
import { type Options, Session } from "./session";
import { BadLink, type Draft, MOST_CHARACTERS, decodeDraft, encodeDraft, readDraft, writeDraft } from "./share";
import { type State, decide } from "./verdict";

const TOKEN = "wic.token";
const DRAFT = "wic.draft";
const THEME = "wic.theme";
const NONE: Options = { toolchains: [], standard: "", flags: [] };

/** What was written and chosen in each language, so that going to another and back loses nothing. */
const drafts = new Map<string, Draft>();
let wanted: Draft | null = null;
let fixAll: CodeAction | null = null;

const nonce = document.querySelector<HTMLMetaElement>("meta[name=styles]")?.content ?? "";
const session: Session = new Session({
  offered,
  changed,
  found,
  told: (message) => notice(message),
  text: () => editor.text,
});
const editor: Editor = new Editor(find("editor"), nonce, {
  edited: (edits) => {
    session.change(edits);
    panels.grow();
    keep();
  },
  hover: (position) => session.hover(position),
  apply,
});
const panels = new Panels({
  goTo: (diagnostic) => editor.goTo(diagnostic.range.start),
  apply,
  explain: (diagnostic) => session.hover(diagnostic.range.start),
  matrix: () => session.matrix(),
  output: () => session.output(),
});
const choices = new Choices(
  (id) => {
    const language = choices.find(id);
    if (language) openLanguage(language);
  },
  () => {
    clearNotices();
    session.choose(choices.options);
    panels.grow();
    keep();
  },
);

function offered(offer: Offer): void {
  const before = choices.current;
  choices.offer(offer);
  if (offer.languages.length === 0) {
    notice("The server has no compiler. Whoever runs it is told more by: wic doctor");
    return;
  }
  if (before && !wanted) drafts.set(before.id, draftNow());
  const draft = wanted ?? (before ? (drafts.get(before.id) ?? null) : null);
  wanted = null;
  const language = draft ? choices.find(draft.language) : choices.first;
  if (draft && language) openDraft(draft, language);
  else if (choices.first) {
    if (draft) notice(`This server has no compiler for '${draft.language}'.`);
    openLanguage(choices.first);
  }
}

function openLanguage(language: Language): void {
  const before = choices.current;
  if (before) drafts.set(before.id, draftNow());
  const known = drafts.get(language.id);
  openDraft(known ?? { language: language.id, ...NONE, flags: "", text: sampleOf(language.id) }, language);
}

function openDraft(draft: Draft, language: Language): void {
  const options = { toolchains: draft.toolchains, standard: draft.standard, flags: draft.flags.split(" ").filter(Boolean) };
  const unknown = choices.show(language, options);
  if (unknown.length > 0) notice(`This server does not have ${unknown.join(", ")}; it was left out.`);
  if (editor.text !== draft.text || find("editor").dataset["language"] !== language.id) editor.show(draft.text, language.id);
  find("editor").dataset["language"] = language.id;
  find("tab-matrix").hidden = false;
  panels.showProblems([], [], "");
  panels.grow();
  session.open(language, choices.options);
  keep();
}

function draftNow(): Draft {
  const { toolchains, standard, flags } = choices.options;
  return { language: choices.current?.id ?? "", toolchains, standard, flags: flags.join(" "), text: editor.text };
}

function changed(state: State): void {
  const isMarkdown = choices.current?.id === "markdown";
  const verdict = decide(state, isMarkdown);
  find("state").dataset["look"] = verdict.look;
  find("verdict").textContent = verdict.title;
  find("details").textContent = verdict.details;
  const again = find<HTMLButtonElement>("again");
  again.hidden = !["lost", "unknown"].includes(verdict.look);
  again.textContent = verdict.look === "lost" ? "Connect now" : "Check again";
  document.title = state.kind === "checked" ? `${verdict.title} – Will it compile?` : "Will it compile?";
  if (state.kind === "token") askToken(state.reason);
  if (state.kind === "checked") panels.refresh();
}

function found(diagnostics: Diagnostic[], actions: CodeAction[]): void {
  editor.mark(diagnostics, actions);
  panels.showProblems(diagnostics, actions, "No problem was found.");
  fixAll = actions.find((one) => one.kind?.startsWith("source.fixAll")) ?? null;
  find("fix-all").hidden = fixAll === null;
}

function apply(action: CodeAction): void {
  const edits = session.editsOf(action);
  if (edits.length > 0) editor.apply(edits);
}

function notice(text: string): void {
  const box = find("notices");
  if ([...box.children].some((one) => one.firstChild?.textContent === text)) return;
  const line = element("p", {}, element("span", {}, text));
  line.append(button("×", () => line.remove(), { "aria-label": "Dismiss", class: "square" }));
  box.append(line);
}

function clearNotices(): void {
  find("notices").replaceChildren();
}

/** Keeps what is on the screen for the case that the page is loaded again; it stays in this tab. */
function keep(): void {
  const draft = draftNow();
  const text = draft.text.length <= MOST_CHARACTERS ? writeDraft(draft) : null;
  window.clearTimeout(keeping);
  keeping = window.setTimeout(() => ofTab.keep(DRAFT, text), 300);
}
let keeping = 0;

function kept(): Draft | null {
  try {
    return readDraft(JSON.parse(ofTab.recall(DRAFT) ?? "null"));
  } catch {
    return null;
  }
}

async function share(): Promise<void> {
  let told = "Copy this link:";
  const link = find<HTMLInputElement>("share-link");
  try {
    const url = new URL(document.baseURI);
    url.hash = `s=${await encodeDraft(draftNow())}`;
    history.replaceState(null, "", url);
    link.value = url.href;
    link.hidden = false;
    await navigator.clipboard.writeText(url.href).then(() => (told = "The link was copied."));
  } catch (problem) {
    // Without the right to the clipboard the link is there to be copied by hand.
    if (problem instanceof BadLink) {
      told = problem.message;
      link.hidden = true;
    }
  }
  find("share-told").textContent = told;
  find<HTMLDialogElement>("share-dialog").showModal();
  link.select();
}

function askToken(reason: string): void {
  ofTab.keep(TOKEN, null);
  const hadOne = session.token !== null;
  session.token = null;
  find("token-told").textContent = hadOne ? reason : "This server lets in whoever has its token.";
  const dialog = find<HTMLDialogElement>("token-dialog");
  if (!dialog.open) dialog.showModal();
}

/** Takes what the address has behind its `#`. A token is taken out of it, so that no link and no history keeps it. */
async function readFragment(): Promise<void> {
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const token = fragment.get("token");
  if (token) {
    session.token = token;
    ofTab.keep(TOKEN, token);
    fragment.delete("token");
    const rest = fragment.toString();
    history.replaceState(null, "", rest ? `#${rest}` : window.location.pathname);
  }
  const shared = fragment.get("s");
  if (shared === null) return;
  try {
    wanted = await decodeDraft(shared);
  } catch (problem) {
    notice((problem as Error).message);
  }
}

function setTheme(theme: string | null): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
}

function toggleTheme(): void {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  const theme = isDark ? "light" : "dark";
  setTheme(theme);
  ofBrowser.keep(THEME, theme);
}

async function start(): Promise<void> {
  setTheme(ofBrowser.recall(THEME));
  find("theme").addEventListener("click", toggleTheme);
  find("share").addEventListener("click", () => void share());
  find("sample").addEventListener("click", () => {
    const language = choices.current;
    if (!language) return;
    openDraft({ ...draftNow(), text: sampleOf(language.id) }, language);
    editor.focus();
  });
  find("again").addEventListener("click", () => session.checkAgain());
  find("fix-all").addEventListener("click", () => fixAll && apply(fixAll));
  for (const one of document.querySelectorAll("[data-close]")) one.addEventListener("click", () => one.closest("dialog")?.close());
  find("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    session.token = find<HTMLInputElement>("token").value.trim();
    ofTab.keep(TOKEN, session.token);
    find<HTMLInputElement>("token").value = "";
    find<HTMLDialogElement>("token-dialog").close();
    void session.connect();
  });
  window.addEventListener("online", () => void session.connect());
  window.addEventListener("hashchange", () => {
    clearNotices();
    void readFragment().then(() => {
      if (session.state.kind === "token") void session.connect();
      const language = wanted && choices.find(wanted.language);
      if (wanted && language) openDraft(wanted, language);
      wanted = null;
    });
  });
  session.token = ofTab.recall(TOKEN);
  wanted = kept();
  await readFragment();
  await session.connect();
}

void start();
