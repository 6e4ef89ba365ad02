// How the editor colours each language, and the text that it begins with. A language that is not here, as one of the
// compilers of whoever runs the server, is plain text.

import { cpp } from "@codemirror/lang-cpp";
import { go } from "@codemirror/lang-go";
import { java } from "@codemirror/lang-java";
import { javascript } from "@codemirror/lang-javascript";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { rust } from "@codemirror/lang-rust";
import { LanguageDescription, LanguageSupport, StreamLanguage } from "@codemirror/language";
import { clike } from "@codemirror/legacy-modes/mode/clike";
import type { Extension } from "@codemirror/state";
import cSample from "./samples/c.txt";
import cppSample from "./samples/cpp.txt";
import goSample from "./samples/go.txt";
import javaSample from "./samples/java.txt";
import javascriptSample from "./samples/javascript.txt";
import markdownSample from "./samples/markdown.txt";
import pythonSample from "./samples/python.txt";
import rustSample from "./samples/rust.txt";
import typescriptSample from "./samples/typescript.txt";
import zigSample from "./samples/zig.txt";

function words(text: string): Record<string, boolean> {
  return Object.fromEntries(text.split(" ").map((word) => [word, true]));
}

const zig = new LanguageSupport(
  StreamLanguage.define(
    clike({
      name: "zig",
      keywords: words(
        "addrspace align allowzero and anyframe anytype asm async await break callconv catch comptime const continue defer " +
          "else enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse " +
          "packed pub resume return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while",
      ),
      types: words("bool comptime_float comptime_int f16 f32 f64 i8 i16 i32 i64 isize noreturn type u8 u16 u32 u64 usize void"),
      atoms: words("true false null undefined"),
    }),
  ),
);

const COLOURS: Record<string, () => LanguageSupport> = {
  c: cpp,
  cpp,
  go,
  java,
  javascript: () => javascript({ jsx: true }),
  python,
  rust,
  typescript: () => javascript({ typescript: true }),
  zig: () => zig,
};

const SAMPLES: Record<string, string> = {
  c: cSample,
  cpp: cppSample,
  go: goSample,
  java: javaSample,
  javascript: javascriptSample,
  markdown: markdownSample,
  python: pythonSample,
  rust: rustSample,
  typescript: typescriptSample,
  zig: zigSample,
};

export function sampleOf(language: string): string {
  return Object.hasOwn(SAMPLES, language) ? SAMPLES[language]! : "";
}

export function coloursOf(language: string): Extension {
  if (language === "markdown") {
    const blocks = Object.entries(COLOURS).map(([name, make]) => LanguageDescription.of({ name, support: make() }));
    return markdown({ codeLanguages: blocks, pasteURLAsLink: false });
  }
  return Object.hasOwn(COLOURS, language) ? COLOURS[language]!() : [];
}
