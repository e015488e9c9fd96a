/**
 * docs/fleet.md: its commands are run, its queries are asked, its columns are
 * those that the reports have. `npx vitest run test/docs/fleet.test.ts -u`
 * writes the tables of the document anew.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { COLUMNS, COMMON_COLUMNS, LINE_TYPES } from "../../src/reporters/ndjson-columns.ts";
import type { LineType } from "../../src/reporters/ndjson-columns.ts";
import { doctor } from "../helpers/doctor.ts";
import { FIXTURES, REAL_LOGS } from "../helpers/fixtures.ts";
import { blocksOf, docPath } from "./blocks.ts";
import { answerText, HOSTS } from "./hosts.ts";

const BIN = path.join(FIXTURES, "../bin/clawdbot-sessions.js");
const BLOCKS = blocksOf("fleet.md");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
  for (const name of ["bin", "logs", "reports"]) mkdirSync(path.join(folder, name));
  symlinkSync(BIN, path.join(folder, "bin/clawdbot-sessions"));
  for (const [host, fixture] of Object.entries(HOSTS)) {
    cpSync(path.join(FIXTURES, fixture, "console.log"), path.join(folder, "logs", host, "console.log"));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function sh(code: string): { stdout: string; stderr: string; status: number | null } {
  const env = { PATH: `${folder}/bin:${process.env["PATH"]}`, HOME: folder, TZ: "UTC" };
  return spawnSync("bash", ["--norc", "-euo", "pipefail", "-c", code], { encoding: "utf8", cwd: folder, env });
}

function reports(): Readonly<Record<string, string>> {
  const names = readdirSync(path.join(folder, "reports")).toSorted();
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, "reports", name), "utf8")]));
}

/** The document with what the tests found out between its comments. */
function written(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((doc, [what, text]) => {
    const between = new RegExp(`(<!-- ${what}: begin [^\n]*-->\n)[^]*?(<!-- ${what}: end -->)`);
    if (!between.test(doc)) throw new Error(`docs/fleet.md has no place for ${what}`);
    return doc.replace(between, (_, begin: string, end: string) => `${begin}${text}\n${end}`);
  }, readFileSync(docPath("fleet.md"), "utf8"));
}

describe("a report a gateway", () => {
  const commands = BLOCKS.filter(({ test }) => test === "run");

  test("by xargs and by parallel, which do the same", () => {
    expect(commands.map(({ code }) => /xargs|parallel/.exec(code)?.[0])).toEqual(["xargs", "parallel"]);
    const made = commands.map(({ code }) => {
      rmSync(path.join(folder, "reports"), { recursive: true });
      mkdirSync(path.join(folder, "reports"));
      const { stderr, status } = sh(code);
      expect({ stderr: stderr.replace(/^Academic tradition[^]*?cite'\.\n+/, ""), status }).toEqual({ stderr: "", status: 0 });
      return reports();
    });
    expect(Object.keys(made[0] ?? {})).toEqual(["a1.ndjson", "b2.ndjson", "c3.ndjson"]);
    expect(made[1]).toEqual(made[0]);
  });

  test("says with its exit code that a host has none", () => {
    mkdirSync(path.join(folder, "logs/d4"));
    for (const { code } of commands) expect(sh(code).status).not.toBe(0);
    rmSync(path.join(folder, "logs/d4"), { recursive: true });
    expect(Object.keys(reports())).toEqual(["a1.ndjson", "b2.ndjson", "c3.ndjson"]);
  });
});

describe("the columns", () => {
  test.each(REAL_LOGS.map(({ name }) => name))("are those of %s", async (name) => {
    const { out } = await doctor([path.join(FIXTURES, name), "--all-runs", "--format", "ndjson", "--no-state"]);
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ type }) => type === "report")).toHaveLength(1);
    for (const { type, labels, ...rest } of lines) {
      expect(labels).toEqual({});
      const columns = COLUMNS[type as LineType];
      for (const [column, value] of Object.entries(rest)) {
        expect(Object.keys(columns)).toContain(column);
        expect({ column, is: columns[column]?.is }).toEqual({ column, is: expect.stringMatching(kindOf(value)) });
      }
      const missing = Object.entries(columns).filter(([column]) => !(column in rest));
      for (const [, { says }] of missing) expect(says).toMatch(/^absent|; absent/);
    }
  });
});

function columnTables(): string {
  const table = (columns: Readonly<Record<string, { is: string; says: string }>>): string =>
    [
      "| column | is | meaning |",
      "|---|---|---|",
      ...Object.entries(columns).map(([name, { is, says }]) => `| \`${name}\` | ${is} | ${says} |`),
    ].join("\n");
  const titles: Readonly<Record<LineType, string>> = {
    report: "The report, the first line",
    gateway: "A life of the gateway, from one start or restart to the next",
    finding: "A finding",
    session: "A session",
    run: "A run",
  };
  const tables = LINE_TYPES.map((type) => `${titles[type]}: \`type\` is \`${type}\`\n\n${table(COLUMNS[type])}`);
  return [`Every line\n\n${table(COMMON_COLUMNS)}`, ...tables].join("\n\n");
}

/** How the document names the kind of a value. */
function kindOf(value: unknown): RegExp {
  if (value === null) return /\?$/;
  if (Array.isArray(value)) return /^list$/;
  if (typeof value !== "string") return new RegExp(`^${typeof value}\\??$`);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? /^time\??$/ : /^text\??$/;
}

describe("the views of DuckDB, ClickHouse and Spark", () => {
  const KINDS: Readonly<Record<string, RegExp>> = {
    text: /^(?:VARCHAR|String|Nullable\(String\)|STRING)$/,
    number: /^(?:INTEGER|Nullable\(UInt32\)|INT)$/,
    time: /^(?:TIMESTAMP|Nullable\(DateTime64\(3, 'UTC'\)\))$/,
    object: /^(?:STRUCT|Tuple)\b/,
  };
  const views = BLOCKS.filter(({ code }) => /^CREATE [^]*labels:? '?(?:STRUCT|Tuple)/.test(code));

  test("are three", () => expect(views.map(({ heading }) => heading)).toEqual(["DuckDB", "ClickHouse", "Spark"]));

  test.each(views)("$heading has columns that there are, each of its kind", ({ code }) => {
    const columns = viewColumns(code);
    expect(Object.keys(columns)).toEqual(Object.keys(viewColumns(views[0]?.code ?? "")));
    expect(Object.keys(columns).length).toBeGreaterThan(15);
    const all = { ...COMMON_COLUMNS, ...Object.assign({}, ...Object.values(COLUMNS)) } as typeof COMMON_COLUMNS;
    for (const [name, type] of Object.entries(columns)) {
      const is = (all as Readonly<Record<string, { is: string }>>)[name]?.is.replace("?", "") ?? "no column";
      expect(type, name).toMatch(KINDS[is] ?? /^no such kind$/);
    }
  });
});

/** Names and types, from whatever form a view lists them in. */
function viewColumns(code: string): Readonly<Record<string, string>> {
  const begin = code.search(/type:? '?(?:VARCHAR|String|STRING)/);
  const columns: string[] = [""];
  let depth = 0;
  for (const letter of code.slice(begin).replaceAll("\\'", "’")) {
    if ("(<".includes(letter)) depth++;
    if (")>}".includes(letter)) depth--;
    if (depth < 0) break;
    if (letter === "," && depth === 0) columns.push("");
    else columns[columns.length - 1] += letter;
  }
  return Object.fromEntries(
    columns.map((it) => {
      const [, name = "", type = ""] = /^["`]?(\w+)["`]?:?\s+'?([^']*)'?$/.exec(it.trim()) ?? [];
      return [name, type.replaceAll("’", "'").trim()];
    }),
  );
}

test("DuckDB answers every query, and the document shows its answers and all columns", async () => {
  const queries = BLOCKS.filter(({ test }) => test === "duckdb").map(({ code }) => code);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const answers: string[] = [];
    for (const query of queries) {
      const asked = query.replaceAll("'reports/", `'${folder}/reports/`);
      const reader = await connection.runAndReadAll(asked);
      if (query.startsWith("CREATE")) continue;
      const rows = reader.getRows().map((row) => row.map((value) => String(value ?? "")));
      expect(rows.length).toBeGreaterThan(0);
      answers.push(`\`\`\`text\n${answerText(reader.columnNames(), rows)}\n\`\`\``);
    }
    expect(queries.length).toBeGreaterThan(4);
    const doc = written({ columns: columnTables(), answers: answers.join("\n\n") });
    await expect(doc).toMatchFileSnapshot(docPath("fleet.md"));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
