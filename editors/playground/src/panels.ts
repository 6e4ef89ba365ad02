// What stands beside the text: the list of problems, the comparison of several compilers, and what the compilers wrote.

import { button, element, find } from "./dom";
import { actionsFor } from "./editor";
import { type CodeAction, type Diagnostic, ERROR, type Output, WARNING } from "./lsp";
import { link, render } from "./markdown";
import { isMissing } from "./verdict";

export interface PanelWishes {
  goTo(diagnostic: Diagnostic): void;
  apply(action: CodeAction): void;
  explain(diagnostic: Diagnostic): Promise<string>;
  matrix(): Promise<string>;
  output(): Promise<Output[]>;
}

const TABS = ["problems", "matrix", "output"] as const;
type Tab = (typeof TABS)[number];

export class Panels {
  private shown: Tab = "problems";
  private generation = 0;
  private isDue = new Set<Tab>();

  constructor(private readonly wishes: PanelWishes) {
    for (const tab of TABS) {
      const head = find(`tab-${tab}`);
      head.addEventListener("click", () => this.select(tab));
      head.addEventListener("keydown", (event) => this.walk(event, tab));
    }
  }

  private walk(event: KeyboardEvent, from: Tab): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(from) + step + TABS.length) % TABS.length]!;
    this.select(next);
    find(`tab-${next}`).focus();
  }

  select(tab: Tab): void {
    this.shown = tab;
    for (const one of TABS) {
      const isShown = one === tab;
      find(`tab-${one}`).setAttribute("aria-selected", String(isShown));
      find(`tab-${one}`).tabIndex = isShown ? 0 : -1;
      find(one).hidden = !isShown;
    }
    void this.fill();
  }

  /** The text has changed: what stands here is of an older one, and is shown so. */
  grow(): void {
    for (const tab of TABS) find(tab).classList.add("old");
    this.isDue.clear();
    this.generation += 1;
  }

  /** A check has ended: what is looked at is asked for, the rest when somebody looks. */
  refresh(): void {
    find("problems").classList.remove("old");
    this.generation += 1;
    this.isDue = new Set(["matrix", "output"]);
    void this.fill();
  }

  private async fill(): Promise<void> {
    const tab = this.shown;
    if (tab === "problems" || !this.isDue.delete(tab)) return;
    const generation = this.generation;
    let content: Node;
    try {
      if (tab === "matrix") content = render(await this.wishes.matrix());
      else content = outputOf(await this.wishes.output());
    } catch (problem) {
      content = quiet((problem as Error).message);
    }
    if (generation !== this.generation) return;
    find(tab).replaceChildren(content);
    find(tab).classList.remove("old");
  }

  showProblems(diagnostics: Diagnostic[], actions: CodeAction[], empty: string): void {
    const list = element("ol", { class: "problems" }, ...[...diagnostics].sort(inOrder).map((one) => this.problem(one, actions)));
    find("problems").replaceChildren(diagnostics.length > 0 ? list : quiet(empty));
    find("count").textContent = diagnostics.length > 0 ? String(diagnostics.length) : "";
  }

  private problem(one: Diagnostic, actions: CodeAction[]): HTMLElement {
    const { start } = one.range;
    const place = button(`${start.line + 1}:${start.character + 1}`, () => this.wishes.goTo(one), { class: "place" });
    place.setAttribute("aria-label", `Go to line ${start.line + 1}, column ${start.character + 1}`);
    const source = element("span", { class: "source" }, one.source ?? "");
    if (one.code !== undefined) source.append(" ", one.codeDescription ? link(one.codeDescription.href, String(one.code)) : String(one.code));
    const buttons = element("div", { class: "buttons" });
    for (const action of actionsFor(one, actions)) {
      const look = action.isPreferred ? "fix primary" : "fix";
      buttons.append(button(action.title, () => this.wishes.apply(action), { class: look }));
    }
    const item = element("li", { "data-severity": nameOf(one) }, element("span", { class: "kind" }, nameOf(one)), place, source);
    item.append(element("p", { class: "message" }, one.message), ...notesOf(one), buttons);
    if (!isMissing(one)) buttons.append(this.explainer(one, item));
    return item;
  }

  private explainer(one: Diagnostic, item: HTMLElement): HTMLButtonElement {
    const made = button("Explain", () => {
      made.disabled = true;
      void this.wishes
        .explain(one)
        .catch((problem: Error) => problem.message)
        .then((told) => {
          made.remove();
          item.append(told ? element("div", { class: "explained" }, render(told)) : quiet("The compiler says no more about it."));
        });
    });
    return made;
  }
}

function notesOf(one: Diagnostic): HTMLElement[] {
  return (one.relatedInformation ?? []).map((note) => {
    const line = note.location.range.start.line + 1;
    return element("p", { class: "note" }, `line ${line}: ${note.message}`);
  });
}

function nameOf(one: Diagnostic): string {
  if (isMissing(one)) return "not checked";
  return { [ERROR]: "error", [WARNING]: "warning" }[one.severity ?? ERROR] ?? "note";
}

function inOrder(one: Diagnostic, other: Diagnostic): number {
  const { start: a } = one.range;
  const { start: b } = other.range;
  return a.line - b.line || a.character - b.character;
}

function quiet(text: string): HTMLElement {
  return element("p", { class: "quiet" }, text);
}

function outputOf(outputs: Output[]): Node {
  const whole = document.createDocumentFragment();
  for (const one of outputs) {
    const where = one.line === null ? "" : `, block in line ${one.line + 1}`;
    const head = element("h3", {}, `${one.toolchain || "No compiler"}${where}`, element("span", { class: "source" }, ` ${one.runtime}`));
    const text = one.output || (one.outcome === "finished" ? "(The compiler wrote nothing.)" : "");
    const said = element("pre", { tabindex: "0" }, text);
    const command = one.command.length > 0 ? [element("pre", { class: "command" }, `$ ${one.command.join(" ")}`)] : [];
    const ending = one.outcome === "finished" ? [] : [quiet(one.reason || one.outcome)];
    whole.append(element("section", {}, head, ...command, ...ending, ...(text ? [said] : [])));
  }
  if (outputs.length === 0) whole.append(quiet("Nothing was compiled."));
  return whole;
}

