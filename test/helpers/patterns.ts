import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { parseAst } from "rolldown/parseAst";

/** A regular expression where it stands in the source. */
export interface Pattern {
  /** For example `src/formats/text.ts:22`. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Every regular expression in the TypeScript of a folder, and the places that make one from a text. */
export function patternsOf(folder: string): { readonly literals: Pattern[]; readonly made: string[] } {
  const literals: Pattern[] = [];
  const made: string[] = [];
  const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" });
  for (const file of files.filter((it) => it.endsWith(".ts") && !it.endsWith(".generated.ts")).toSorted()) {
    const code = readFileSync(path.join(ROOT, folder, file), "utf8");
    walk(parseAst(code, { lang: "ts" }), (node) => {
      const place = `${folder}/${file}:${code.slice(0, node.start).split("\n").length}`;
      if (node.type === "Literal" && node.regex) {
        literals.push({ place, source: node.regex.pattern, flags: node.regex.flags });
      } else if ((node.type === "NewExpression" || node.type === "CallExpression") && node.callee?.name === "RegExp") {
        made.push(place.replace(/:\d+$/, ""));
      }
    });
  }
  return { literals, made };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly regex?: { readonly pattern: string; readonly flags: string };
  readonly callee?: { readonly name?: string };
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && "start" in value) visit(value as Node);
  for (const child of Object.values(value)) walk(child, visit);
}
