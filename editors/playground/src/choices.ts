// What the text is compiled with: language, compilers, standard, flags. Only what the server offers can be chosen.

import { element, find } from "./dom";
import type { Language, Offer } from "./offer";
import type { Options } from "./session";

const MOST_FLAGS = 64;

export class Choices {
  private languages: Language[] = [];
  private language: Language | null = null;
  private readonly select = find<HTMLSelectElement>("language");
  private readonly standard = find<HTMLSelectElement>("standard");
  private readonly flags = find<HTMLInputElement>("flags");
  private readonly toolchains = find("toolchains");

  constructor(onLanguage: (id: string) => void, onOptions: () => void) {
    find("choices").addEventListener("submit", (event) => event.preventDefault());
    this.select.addEventListener("change", () => onLanguage(this.select.value));
    this.standard.addEventListener("change", onOptions);
    this.flags.addEventListener("change", onOptions);
    this.toolchains.addEventListener("change", onOptions);
  }

  offer(offer: Offer): void {
    this.languages = offer.languages;
    this.select.replaceChildren(...offer.languages.map((one) => element("option", { value: one.id }, one.title)));
  }

  find(id: string): Language | undefined {
    return this.languages.find((one) => one.id === id);
  }

  get first(): Language | undefined {
    return this.find("cpp") ?? this.find("c") ?? this.languages[0];
  }

  get current(): Language | null {
    return this.language;
  }

  /** Shows a language with these options. Returns the names among them that the server does not have. */
  show(language: Language, options: Options): string[] {
    this.language = language;
    this.select.value = language.id;
    const known = new Set(language.toolchains.map((one) => one.id));
    const wanted = new Set(options.toolchains.length > 0 ? options.toolchains : language.chosen);
    const chips = language.toolchains.map((one) => {
      const box = element("input", { type: "checkbox", value: one.id });
      box.checked = wanted.has(one.id);
      return element("label", { class: "chip", title: `version ${one.version}` }, box, element("span", {}, one.id));
    });
    this.toolchains.querySelector(".chips")!.replaceChildren(...chips);
    this.toolchains.hidden = chips.length === 0;
    find("standard-field").hidden = language.standards.length === 0;
    find("flags-field").hidden = chips.length === 0;
    const standards = ["", ...language.standards];
    this.standard.replaceChildren(...standards.map((one) => element("option", { value: one }, one || "default")));
    const hasStandard = standards.includes(options.standard);
    this.standard.value = hasStandard ? options.standard : "";
    this.flags.value = options.flags.join(" ");
    return [...options.toolchains.filter((one) => !known.has(one)), ...(hasStandard ? [] : [options.standard])];
  }

  get options(): Options {
    const boxes = this.toolchains.querySelectorAll<HTMLInputElement>("input:checked");
    return {
      toolchains: [...boxes].map((one) => one.value),
      standard: this.standard.value,
      flags: this.flags.value.split(/\s+/).filter(Boolean).slice(0, MOST_FLAGS),
    };
  }
}
