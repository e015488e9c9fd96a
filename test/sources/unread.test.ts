/** What was not read, or not to its end, stands in the report: nobody takes its silence for good news. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, expect, test } from "vitest";

import { diagnose } from "../../src/index.ts";
import { diagnoseFiles } from "../../src/repair/read-diagnosis.ts";
import { readLog } from "../../src/read-log.ts";
import { nodeFs } from "../../src/sources/fs.ts";
import { resolveInputs } from "../../src/sources/resolve.ts";
import type { Source } from "../../src/sources/source.ts";
import { FIXTURES } from "../helpers/fixtures.ts";
import { reportOf } from "../helpers/doctor.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sessions-unread-"));
afterAll(() => rmSync(folder, { recursive: true }));

const WHOLE = path.join(FIXTURES, "ended-by-itself", "gateway.jsonl");
const put = (name: string, bytes: Uint8Array): string => {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const packed = gzipSync(readFileSync(WHOLE));
const CUT = put("cut.gz", packed.subarray(0, packed.length / 2));
const DAMAGED = put("damaged.gz", Buffer.concat([packed.subarray(0, 300), Buffer.alloc(300, 7), packed.subarray(600)]));
const PICTURE = put("picture.log", Buffer.from("\u0000\u0001\u0002\u0000PNG".repeat(500)));

test.each<[string, readonly string[], string]>([
  ["an archive that is cut", [CUT], "the gzip archive is cut off; read up to there"],
  ["one that is damaged", [DAMAGED], "the gzip archive is damaged"],
  ["a file that is no text, beside a log", [WHOLE, PICTURE], "cannot be read"],
  ["a file that is not there, beside a log", [WHOLE, path.join(folder, "nothing.log")], "no such file"],
])("%s", async (_, logs, why) => {
  const { report, err } = await reportOf(logs);
  const unread = report.sources.filter((it) => it.unread !== undefined);
  expect(unread).toHaveLength(1);
  expect(unread[0]).toMatchObject({ path: logs.at(-1), unread: expect.stringContaining(why) as string });
  const gaps = report.findings.filter((it) => it.code === "log-gap");
  expect(gaps).toHaveLength(1);
  expect(gaps[0]?.message).toContain(why);
  expect(gaps[0]?.message.split(String(logs.at(-1)))).toHaveLength(2);
  expect(err).toContain(why);
  // For a gate that must know.
  expect((await reportOf(logs, ["--fail-on", "warning"])).exitCode).toBe(1);
});

test("a log that was read whole has no such thing", async () => {
  const { report } = await reportOf([WHOLE, put("whole.gz", packed)]);
  expect(report.sources.filter((it) => "unread" in it)).toEqual([]);
  expect(report.findings.filter((it) => it.code === "log-gap")).toEqual([]);
});

test.each([0, 1, 100, 3000])("a pipe that breaks after %i lines, also within the first look", async (lines) => {
  const text = readFileSync(WHOLE, "utf8").split("\n");
  const some = Array.from({ length: lines }, (_, index) => text[index % (text.length - 1)]);
  const source = (): Source => ({
    path: "-",
    reopenable: false,
    async *open() {
      for (const line of some) yield Buffer.from(`${line}\n`);
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    },
  });
  const reading = readLog([source()], { runTimeoutMs: null, stallAfterMs: null }, { now: Date.now() });
  // Of so little not even the kind is known.
  if (lines < 2) await expect(reading).rejects.toThrow("cannot read -: read ECONNRESET");
  else
    expect((await reading).summaries).toMatchObject([
      { lines, unread: `could be read up to line ${lines} only: read ECONNRESET` },
    ]);
});

test("a file that is named twice is open once, and closed", async () => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const env = { fs: nodeFs, cwd: "/", home: "/nowhere", tmp: "/nowhere", variables: {} };
  const logs = path.join(folder, "logs");
  mkdirSync(logs, { recursive: true });
  for (const name of ["a.log", "b.log"]) copyFileSync(WHOLE, path.join(logs, name));
  const read = async (): Promise<void> => {
    const { sources } = await resolveInputs([logs, path.join(logs, "a.log"), logs], env);
    expect(sources).toHaveLength(2);
    await readLog(sources, { runTimeoutMs: null, stallAfterMs: null }, { now: Date.now() });
  };
  await read();
  const before = open();
  await read();
  expect(open()).toBe(before);
});

test("the library says so too", async () => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield readFileSync(CUT);
  }
  const report = await diagnose(bytes());
  expect(report.findings.map((it) => it.code)).toContain("log-gap");
});

test("a repair does not go by a log of which the end is missing", async () => {
  const env = { fs: nodeFs, cwd: "/", home: "/nowhere", tmp: "/nowhere", variables: {} };
  const settings = { runTimeoutMs: null, stallAfterMs: null };
  await expect(diagnoseFiles([CUT], env, settings, Date.now())).rejects.toThrow("is cut off");
  await expect(diagnoseFiles([WHOLE], env, settings, Date.now())).resolves.toBeDefined();
});
