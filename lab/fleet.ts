/**
 * `npm run lab:fleet`: asks a real ClickHouse what docs/fleet.md asks it, over
 * the reports of the document's three hosts, and wants the answers that DuckDB
 * gave there. Has Spark's statements read by Spark's grammar, for Spark itself
 * is not to be had here. Both come from the npm registry into the lab's cache.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Block, blocksOf } from "../test/docs/blocks.ts";
import { answerText, HOSTS } from "../test/docs/hosts.ts";
import { doctor } from "../test/helpers/doctor.ts";
import { cacheDir, installPackages } from "./install.ts";

const VERSIONS = { chdb: "3.4.0", "dt-sql-parser": "4.5.1" };

/** What is used of chdb: ClickHouse as a library. */
interface Chdb {
  readonly Session: new () => { query(sql: string, format: string): string; cleanup(): void };
}

/** What is used of dt-sql-parser. */
interface SqlParser {
  readonly SparkSQL: new () => { validate(sql: string): readonly { readonly message: string }[] };
}

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const problems: string[] = [];
let passed = 0;

const blocks = blocksOf("fleet.md");
const queries = blocks.filter(({ test }) => test === "duckdb").filter(({ code }) => code.startsWith("SELECT"));
const answers = blocks.filter(({ heading, language }) => heading === "DuckDB" && language === "text");
if (queries.length !== 5 || answers.length !== 5) throw new Error("docs/fleet.md has not its five queries and answers");
const folder = mkdtempSync(join(tmpdir(), "sessions-lab-fleet-"));
try {
  const dir = await installPackages(
    join(cacheDir(), "fleet", Object.values(VERSIONS).join("-")),
    { dependencies: VERSIONS },
    () => console.log("installing ClickHouse and a parser of Spark's SQL (0.6 GB)"),
  );
  for (const [host, fixture] of Object.entries(HOSTS)) {
    const words = ["--all-runs", "--format", "ndjson", "--label", `host=${host}`, "--no-state"];
    const { out } = await doctor([`fixtures/${fixture}/console.log`, ...words]);
    writeFileSync(join(folder, `${host}.ndjson`), out);
  }
  const load = createRequire(join(dir, "package.json"));
  askClickHouse(load("chdb") as Chdb);
  // Its modules name folders, which Node itself does not import.
  readAsSpark((await import(load.resolve("dt-sql-parser"))) as SqlParser);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const it of problems) console.log(`FAILED ${it}`);
console.log(`${passed} passed, ${problems.length} failed`);
// ClickHouse's threads would keep us here.
process.exit(problems.length === 0 ? 0 : 1);

function askClickHouse({ Session }: Chdb): void {
  const [view, runs, findings] = own("clickhouse", 3);
  const session = new Session();
  try {
    const bucket = "s3('https://BUCKET.s3.amazonaws.com/reports/*.ndjson'";
    if (!view?.code.includes(bucket)) throw new Error("the view of docs/fleet.md reads no bucket");
    session.query(view.code.replace(bucket, `file('${folder}/*.ndjson'`), "CSV");
    for (const [index, block] of [...queries.slice(0, 3), runs, findings].entries()) {
      const answer = session.query(block?.code ?? "", "TabSeparatedWithNames");
      judge(`ClickHouse, query ${index + 1}`, shown(answer), answers[index]?.code ?? "");
    }
  } finally {
    session.cleanup();
  }
}

/** As the document shows it: without the zeros that end a time, and without the table before a column's name. */
function shown(answer: string): string {
  const [columns = [], ...rows] = answer
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const cell = (text: string): string => (text === "\\N" ? "" : text.replace(/(:\d\d\.\d*?)0+$/, "$1"));
  return answerText(
    columns.map((name) => name.replace(/^.*\./, "")),
    rows.map((row) => row.map(cell)),
  );
}

function readAsSpark({ SparkSQL }: SqlParser): void {
  const parser = new SparkSQL();
  const statements = [...own("spark", 5), ...queries.slice(1, 3)];
  for (const { code } of statements) {
    const errors = parser.validate(code).map(({ message }) => message);
    judge(`Spark's grammar: ${code.split("\n", 1)[0]}`, errors.join("\n"), "");
  }
  // A parser that takes everything would prove nothing.
  const broken = statements.map(({ code }) => code.replace(/\)|host/, " ("));
  judge("Spark's grammar refuses what is broken", String(broken.filter((it) => parser.validate(it).length === 0)), "");
}

function own(test: string, count: number): readonly Block[] {
  const found = blocks.filter((it) => it.test === test);
  if (found.length !== count) throw new Error(`docs/fleet.md has ${found.length} blocks for ${test}, not ${count}`);
  return found;
}

function judge(name: string, said: string, wanted: string): void {
  if (said === wanted) {
    passed++;
    console.log(`ok     ${name}`);
  } else problems.push(`${name}:\n${said}\nand not\n${wanted}`);
}
