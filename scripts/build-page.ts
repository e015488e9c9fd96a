/**
 * Bundles what is in page/ into one module of strings, so that the html
 * reporter needs no file at run time and stays pure. The libraries that draw
 * are in there, so the package depends on none of them.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

import { licenceOf, packagesOf } from "./licences.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUT = path.join(ROOT, "src/reporters/html/page.generated.ts");

const { code, packages } = await bundle();
const script = `${licences(packages)}${code.trim()}\n`;
const style = read("page/page.css")
  .replaceAll(/\/\*[^]*?\*\//g, "")
  .replaceAll(/\s*\n\s*/g, "\n")
  .trim();
// Nothing in a script or style element is escaped, so nothing in there may look like its end or a comment.
if (/<\/script|<!--/i.test(script) || /<\/?style/i.test(style))
  throw new Error("the page's script would end its own element");

const parts = {
  SCRIPT: script,
  SCRIPT_HASH: hash(script),
  STYLE: style,
  STYLE_HASH: hash(style),
  BODY: read("page/body.html").trim(),
};
const lines = Object.entries(parts).map(([name, value]) => `export const ${name}: string = ${JSON.stringify(value)};`);
writeFileSync(OUT, `// Made by scripts/build-page.ts out of page/; not in the repository.\n${lines.join("\n")}\n`);

async function bundle(): Promise<{ code: string; packages: readonly string[] }> {
  const build = await rolldown({ input: path.join(ROOT, "page/main.ts"), platform: "browser" });
  try {
    const { output } = await build.generate({ format: "iife", minify: true, comments: { legal: false } });
    if (output.length !== 1) throw new Error("the page's script is more than one file");
    const modules = Object.keys(output[0].modules);
    return { code: output[0].code, packages: packagesOf(modules) };
  } finally {
    await build.close();
  }
}

/** The licences of the libraries ask to be kept with every copy, and each page is one. */
function licences(packages: readonly string[]): string {
  const byText = new Map<string, string[]>();
  for (const folder of packages) {
    const text = licenceOf(folder).replaceAll("*/", "* /");
    byText.set(text, [...(byText.get(text) ?? []), path.basename(folder)]);
  }
  return [...byText].map(([text, names]) => `/* ${names.join(", ")}\n${text}\n*/\n`).join("");
}

/** As it stands in a Content-Security-Policy: of the bytes between the tags. */
function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8").replaceAll("\r\n", "\n");
}
