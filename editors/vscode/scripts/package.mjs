// Makes wic-lsp.vsix of a folder that holds what is shipped and nothing else: build/stage. With the word `bundled`, the
// server of this clone is in it as well, and the package is named after the kind of machine that it is for.
//
// The licence and the README's picture lie elsewhere in the repository, which has one copy of each.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVSIX } from "@vscode/vsce";
import "./build.mjs";
import { bundle } from "./bundle.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(dirname(here));
const stage = join(here, "build", "stage");

rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
for (const name of ["dist", "images/icon.png", "media", "CHANGELOG.md"]) {
  cpSync(join(here, name), join(stage, name), { recursive: true });
}
cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
cpSync(join(root, "docs", "vscode.png"), join(stage, "images", "vscode.png"));
const readme = readFileSync(join(here, "README.md"), "utf8");
writeFileSync(join(stage, "README.md"), readme.replaceAll("../../docs/vscode.png", "images/vscode.png"));
const { devDependencies, scripts, private: _, ...manifest } = JSON.parse(
  readFileSync(join(here, "package.json"), "utf8"),
);
manifest.files = ["**"];
writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const target = process.argv.includes("bundled") ? `${process.platform}-${process.arch}` : undefined;
if (target !== undefined) {
  bundle(root, stage);
}
await createVSIX({
  cwd: stage,
  packagePath: join(here, target === undefined ? "wic-lsp.vsix" : `wic-lsp-${target}.vsix`),
  target,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
