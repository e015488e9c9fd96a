import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/** The folders of the packages that modules come from, each once. */
export function packagesOf(modules: readonly string[]): readonly string[] {
  const folders = modules.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
  return [...new Set(folders)].filter((it) => it !== undefined).toSorted();
}

/** What a package asks to be kept with every copy of its code. */
export function licenceOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`no licence in ${folder}: what is bundled must come with its own`);
  return readFileSync(path.join(folder, file), "utf8").trim();
}
