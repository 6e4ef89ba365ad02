// Builds the page into the folder that is named, which ends up whole or as it was: it is made beside it first.
import { build } from "esbuild";
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "../../wic_lsp/serving/page"));

/** Returns the licences of all packages that the bundle holds code of: their terms ask for that. */
async function licences(inputs) {
  const names = new Set();
  for (const input of Object.keys(inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) names.add(found[1]);
  }
  const parts = [];
  for (const name of [...names].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    if (!file) throw new Error(`${name} has no licence file`);
    parts.push(`${name} ${version} (${license})\n\n${await readFile(join(folder, file), "utf8")}`);
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

await mkdir(dirname(target), { recursive: true });
const work = await mkdtemp(`${target}-`);
try {
  const done = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.ts", style: "src/style.css" },
    outdir: work,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    loader: { ".txt": "text" },
    metafile: true,
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) await cp(join(here, "src", name), join(work, name));
  await writeFile(join(work, "licenses.txt"), await licences(done.metafile.inputs));
  await chmod(work, 0o755);
  await rm(target, { recursive: true, force: true });
  await rename(work, target);
} catch (problem) {
  await rm(work, { recursive: true, force: true });
  throw problem;
}
