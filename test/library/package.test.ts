/** What is published: its types as another project's compiler sees them, and what importing it does. Needs a build. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseMarkdown } from "../helpers/markdown.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HERE = path.join(ROOT, "test/library");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  mkdirSync(path.join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(ROOT, path.join(folder, "node_modules/clawdbot-sessions"));
  for (const name of ["node", "../undici-types"]) {
    symlinkSync(path.join(ROOT, "node_modules/@types", name), path.join(folder, "node_modules/@types", name));
  }
  for (const name of ["consumer.ts", "import-alone.mjs"]) {
    copyFileSync(path.join(HERE, name), path.join(folder, name));
  }
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("another project's compiler takes the types", () => {
  test.each([
    ["Node's resolution", { module: "nodenext", lib: ["es2023"], types: ["node"] }],
    [
      "a bundler's",
      { module: "esnext", moduleResolution: "bundler", lib: ["es2023", "dom", "dom.asynciterable"], types: [] },
    ],
  ])("with %s", (_, options) => {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      target: "es2023",
      noEmit: true,
      ...options,
    };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  });
});

test("importing it reads nothing, prints nothing and leaves nothing behind", () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(folder, "import-alone.mjs")], {
    encoding: "utf8",
    cwd: folder,
    env: {},
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const { names, before, after, seen } = JSON.parse(stdout) as Record<string, unknown>;
  expect(names).toEqual(["UserError", "diagnose", "render"]);
  expect(seen).toEqual([]);
  expect(after).toEqual(before);
});

/** The packages that are loaded with a module, through all that it imports at once. */
function packagesOf(file: string, done = new Set<string>()): readonly string[] {
  if (done.has(file)) return [];
  done.add(file);
  const code = readFileSync(file, "utf8");
  return [...code.matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?"([^"]+)";/gm)].flatMap(([, from = ""]) =>
    from.startsWith(".") ? packagesOf(path.resolve(path.dirname(file), from), done) : [from],
  );
}

test("it loads none of what only the commands need", () => {
  const main = path.join(ROOT, "dist/index.js");
  expect(existsSync(main)).toBe(true);
  // What unpacks an archive is loaded when there is one.
  const loaded = new Set(packagesOf(main).map((name) => name.replace(/^node:/, "")));
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  expect(Object.keys(dependencies).filter((name) => loaded.has(name))).toEqual([]);
});

test("the example in docs/library.md does what it says", () => {
  const nodes = parseMarkdown(readFileSync(path.join(ROOT, "docs/library.md"), "utf8")).children;
  const block = (lang: string) => nodes.flatMap((it) => (it.type === "code" && it.lang === lang ? [it.value] : []))[0];
  writeFileSync(path.join(folder, "example.js"), block("js") ?? "");
  copyFileSync(path.join(ROOT, "fixtures/issue-3245/console.log"), path.join(folder, "gateway.log"));
  const { stdout, stderr } = spawnSync(process.execPath, ["example.js"], { encoding: "utf8", cwd: folder });
  expect({ stdout: stdout.trimEnd(), stderr }).toEqual({ stdout: block("text"), stderr: "" });
});

test("what its documents point to under docs/ is in the package", () => {
  const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = spawnSync("npm", words, { encoding: "utf8", cwd: ROOT });
  const packed = new Set(filesOf(JSON.parse(stdout)));
  expect(packed).toContain("README.md");
  // A picture is for the repository's page.
  const documents = [...packed].filter((it) => it.endsWith(".md") && !it.startsWith("skills/"));
  const named = documents.flatMap((file) =>
    [...readFileSync(path.join(ROOT, file), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = ""]) =>
      path.posix.join(path.posix.dirname(file), to),
    ),
  );
  const docs = new Set(named.filter((it) => it.startsWith("docs/") && it !== "docs/service"));
  expect(docs.size).toBeGreaterThan(5);
  expect([...docs].filter((it) => !packed.has(it))).toEqual([]);
  for (const it of named) expect(existsSync(path.join(ROOT, it)), it).toBe(true);
});

/** Of a list, or by the package's name: npm has both. */
function filesOf(answer: unknown): readonly string[] {
  const [packed] = Object.values(answer as Record<string, { readonly files: readonly { readonly path: string }[] }>);
  return packed?.files.map((it) => it.path) ?? [];
}

test("docs/library.md names every option", () => {
  const doc = readFileSync(path.join(ROOT, "docs/library.md"), "utf8");
  const code = readFileSync(path.join(ROOT, "src/index.ts"), "utf8");
  const [, body = ""] = /interface DiagnoseOptions \{(.*?)\n\}/s.exec(code) ?? [];
  const options = [...body.matchAll(/readonly (\w+)\?/g)].map(([, name]) => name);
  expect(
    [...doc.matchAll(/^\| `(\w+)` \| /gm)]
      .map(([, name]) => name)
      .filter((name) => name !== "TypeError" && name !== "UserError"),
  ).toEqual(options);
});
