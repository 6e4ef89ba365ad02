// The editor: CodeMirror with what the page needs of it, and places told as LSP tells them. Both count UTF-16 units.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic as Mark, forEachDiagnostic, lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { type ChangeSet, Compartment, EditorState, Prec, type Text } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { element } from "./dom";
import { coloursOf } from "./languages";
import type { CodeAction, Diagnostic, Position, TextEdit } from "./lsp";
import { render } from "./markdown";

export interface Wishes {
  edited(edits: TextEdit[]): void;
  hover(position: Position): Promise<string>;
  apply(action: CodeAction): void;
}

const SEVERITIES = { 1: "error", 2: "warning", 3: "info", 4: "hint" } as const;

// Colours are the page's variables, so that light and dark are one style.
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.character, tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.comment, tags.quote], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.name)], color: "var(--code-type)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.macroName], color: "var(--code-function)" },
  { tag: [tags.processingInstruction, tags.meta, tags.annotation], color: "var(--code-meta)" },
  { tag: tags.heading, color: "var(--code-function)", fontWeight: "bold" },
  { tag: tags.monospace, color: "var(--code-string)" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "bold" },
]);

export class Editor {
  private readonly view: EditorView;
  private readonly colours = new Compartment();
  private actions: CodeAction[] = [];
  private isOurs = false;

  constructor(parent: HTMLElement, nonce: string, private readonly wishes: Wishes) {
    const state = EditorState.create({
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.contentAttributes.of({ "aria-label": "Text to compile", spellcheck: "false" }),
        lineNumbers(),
        highlightActiveLineGutter(),
        lintGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        syntaxHighlighting(COLOURS),
        this.colours.of([]),
        hoverTooltip((view, pos) => this.hover(view, pos)),
        Prec.high(
          keymap.of([
            { key: "Mod-.", run: () => this.fixHere() },
            { key: "F8", run: nextDiagnostic },
            { key: "Shift-F8", run: previousDiagnostic },
          ]),
        ),
        keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.isOurs) this.wishes.edited(editsOf(update.changes, update.startState.doc));
        }),
      ],
    });
    this.view = new EditorView({ state, parent });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  focus(): void {
    this.view.focus();
  }

  /** Shows another document. That is no edit, so nobody is told. */
  show(text: string, language: string): void {
    this.isOurs = true;
    try {
      this.view.dispatch(setDiagnostics(this.view.state, []));
      this.view.dispatch({
        changes: { from: 0, to: this.view.state.doc.length, insert: text },
        selection: { anchor: 0 },
        scrollIntoView: true,
        effects: this.colours.reconfigure(coloursOf(language)),
      });
    } finally {
      this.isOurs = false;
    }
  }

  mark(diagnostics: Diagnostic[], actions: CodeAction[]): void {
    this.actions = actions;
    const marks = diagnostics.map((one): Mark => {
      const from = this.offset(one.range.start);
      return {
        from,
        to: Math.max(from, this.offset(one.range.end)),
        severity: SEVERITIES[(one.severity ?? 1) as 1],
        source: [one.source, one.code].filter(Boolean).join(" "),
        message: one.message,
        renderMessage: () => element("div", { class: "message" }, one.message),
        actions: actionsFor(one, actions).map((action) => ({
          name: action.title,
          apply: () => this.wishes.apply(action),
        })),
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }

  /** Applies the only or the preferred fix of what is at the cursor. */
  private fixHere(): boolean {
    const at = this.view.state.selection.main.head;
    const line = this.view.state.doc.lineAt(at).number - 1;
    const near = this.actions.filter((action) => action.kind === "quickfix" && this.touches(action, (one) => one.range.start.line === line));
    const here = near.filter((action) =>
      this.touches(action, (one) => this.offset(one.range.start) <= at && at <= this.offset(one.range.end)),
    );
    const found = here.length > 0 ? here : near;
    const action = found.find((one) => one.isPreferred) ?? found[0];
    if (action) this.wishes.apply(action);
    return action !== undefined;
  }

  private touches(action: CodeAction, where: (diagnostic: Diagnostic) => boolean): boolean {
    return (action.diagnostics ?? []).some(where);
  }

  apply(edits: TextEdit[]): void {
    const changes = edits.map((one) => ({ from: this.offset(one.range.start), to: this.offset(one.range.end), insert: one.newText }));
    this.view.dispatch({ changes, userEvent: "input.fix", scrollIntoView: true });
    this.view.focus();
  }

  goTo(position: Position): void {
    this.view.dispatch({ selection: { anchor: this.offset(position) }, effects: EditorView.scrollIntoView(this.offset(position), { y: "center" }) });
    this.view.focus();
  }

  private offset(position: Position): number {
    const { doc } = this.view.state;
    if (position.line >= doc.lines) return doc.length;
    const line = doc.line(position.line + 1);
    return Math.min(line.from + position.character, line.to);
  }

  private async hover(view: EditorView, pos: number): Promise<{ pos: number; create: () => { dom: HTMLElement } } | null> {
    let isMarked = false;
    forEachDiagnostic(view.state, (_, from, to) => {
      isMarked ||= from <= pos && pos <= to;
    });
    if (!isMarked) return null;
    const told = await this.wishes.hover(positionAt(view.state.doc, pos));
    if (!told) return null;
    return { pos, create: () => ({ dom: element("div", { class: "explained" }, render(told)) }) };
  }
}

export function actionsFor(diagnostic: Diagnostic, actions: CodeAction[]): CodeAction[] {
  const key = keyOf(diagnostic);
  return actions.filter((one) => one.kind === "quickfix" && (one.diagnostics ?? []).some((each) => keyOf(each) === key));
}

function keyOf(diagnostic: Diagnostic): string {
  const { start, end } = diagnostic.range;
  return JSON.stringify([start.line, start.character, end.line, end.character, diagnostic.message, diagnostic.source]);
}

function positionAt(doc: Text, offset: number): Position {
  const line = doc.lineAt(offset);
  return { line: line.number - 1, character: offset - line.from };
}

/** The edits of a change, the last place first, so that each is of a text whose earlier places are as they were. */
function editsOf(changes: ChangeSet, before: Text): TextEdit[] {
  const edits: TextEdit[] = [];
  changes.iterChanges((from, to, _fromAfter, _toAfter, inserted) => {
    const range = { start: positionAt(before, from), end: positionAt(before, to) };
    edits.unshift({ range, newText: inserted.toString() });
  });
  return edits;
}
