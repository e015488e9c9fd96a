/** Whole logs on disk, followed; polls and the time are the test's. */
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { LogRecord } from "../../../src/model.ts";
import { FileFollower } from "../../../src/sources/follow/files.ts";
import { assertMayCome, hasLaterDay, isPast, machineLogs, namedLogs } from "../../../src/sources/follow/locate.ts";
import { zoneOf } from "../../../src/sources/follow/zone.ts";
import { nodeFs } from "../../../src/sources/fs.ts";
import type { SourceEnv } from "../../../src/sources/resolve.ts";
import { up } from "../../helpers/log-lines.ts";

let folder: string;
let env: SourceEnv;
let follower: FileFollower;
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sessions-follow-"));
  env = { fs: nodeFs, cwd: folder, home: path.join(folder, "home"), tmp: path.join(folder, "tmp"), variables: {} };
  now = Date.parse("2026-01-28T23:59:00Z");
});
afterEach(async () => {
  await follower.close();
  await rm(folder, { recursive: true });
});

const at = (name: string): string => path.join(folder, name);
/** A line of a gateway, told apart by its text. */
const line = (time: string, text: string): string => `2026-01-${time}.000Z [gateway] ${text}\n`;

async function begin(...logs: string[]): Promise<string[]> {
  follower = new FileFollower(namedLogs(logs, env), env, { now: () => now, mayTellTwice: false });
  await follower.open();
  return await history();
}

async function history(): Promise<string[]> {
  const all: LogRecord[] = [];
  for await (const batch of follower.history()) all.push(...batch);
  return all.map(({ message }) => message);
}

async function poll(times = 1): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let index = 0; index < times; index++) all.push(...(await follower.poll()).records);
  return all;
}

const texts = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

describe("a named file", () => {
  test("its past quietly, then what comes, with places in the file", async () => {
    await writeFile(at("gateway.log"), line("28T08:00:00", "a") + line("28T08:00:01", "b"));
    expect(await begin("gateway.log")).toEqual(["a", "b"]);
    await appendFile(at("gateway.log"), line("28T08:00:02", "c"));
    expect(await poll()).toMatchObject([
      { message: "c", location: { path: "gateway.log", line: 3 }, time: Date.parse("2026-01-28T08:00:02Z"), source: 0 },
    ]);
  });

  test("its rotated part is its past, and is not read again when it is rotated once more", async () => {
    await writeFile(at("gateway.log.1"), line("28T07:00:00", "older"));
    await writeFile(at("gateway.log"), line("28T08:00:00", "a"));
    expect(await begin("gateway.log")).toEqual(["older", "a"]);
    await rename(at("gateway.log.1"), at("gateway.log.2"));
    await rename(at("gateway.log"), at("gateway.log.1"));
    await writeFile(at("gateway.log"), line("28T08:00:01", "b"));
    expect(texts(await poll(8))).toEqual(["b"]);
  });

  test("what is much older than any run is not read", async () => {
    await writeFile(at("gateway.log.1"), line("20T07:00:00", "older"));
    await utimes(at("gateway.log.1"), now / 1000 - 7 * 86_400, now / 1000 - 7 * 86_400);
    await writeFile(at("gateway.log"), line("28T08:00:00", "a"));
    expect(await begin("gateway.log")).toEqual(["a"]);
  });

  test("a packed past", async () => {
    await writeFile(at("gateway.log.1.gz"), gzipSync(line("28T07:00:00", "older")));
    await writeFile(at("gateway.log"), line("28T08:00:00", "a"));
    expect(await begin("gateway.log")).toEqual(["older", "a"]);
  });

  test("that is not there yet, is deleted, and comes back", async () => {
    expect(await begin("gateway.log")).toEqual([]);
    expect(follower.sources()).toEqual([]);
    await writeFile(at("gateway.log"), line("28T08:00:00", "a"));
    expect(texts(await poll(5))).toEqual(["a"]);
    await rm(at("gateway.log"));
    expect(texts(await poll(30))).toEqual([]);
    await writeFile(at("gateway.log"), line("28T08:01:00", "b"));
    expect(texts(await poll(5))).toEqual(["b"]);
    expect(follower.sources().map((it) => it.path)).toEqual(["gateway.log"]);
  });

  test("half a line at the end of what is there is read when it is whole", async () => {
    const whole = line("28T08:00:01", "second");
    await writeFile(at("gateway.log"), line("28T08:00:00", "first") + whole.slice(0, 40));
    expect(await begin("gateway.log")).toEqual(["first"]);
    await appendFile(at("gateway.log"), whole.slice(40));
    expect(await poll()).toMatchObject([{ message: "second", location: { line: 2 } }]);
  });

  test("CRLF", async () => {
    await writeFile(at("gateway.log"), "2026-01-28T08:00:00.000Z [gateway] a\r\n");
    expect(await begin("gateway.log")).toEqual(["a"]);
    await appendFile(at("gateway.log"), "2026-01-28T08:00:01.000Z [gateway] b\r");
    expect(await poll()).toEqual([]);
    await appendFile(at("gateway.log"), "\n");
    expect(texts(await poll())).toEqual(["b"]);
  });

  test("a line without a date was written now", async () => {
    await writeFile(at("gateway.log"), "");
    await begin("gateway.log");
    await appendFile(at("gateway.log"), "08:00:00 [gateway] a\n");
    expect(await poll()).toMatchObject([{ message: "a", time: now }]);
  });
});

test("times without a zone, in a zone that the file's own time tells", async () => {
  // 10:30 where the gateway runs is 08:30 in UTC, when the file was written.
  await writeFile(at("gateway.log"), "10:29:00 [gateway] a\n10:30:00 [gateway] b\n");
  const written = Date.parse("2026-01-28T08:30:00.400Z") / 1000;
  await utimes(at("gateway.log"), written, written);
  follower = new FileFollower(namedLogs(["gateway.log"], env), env, { now: () => now, mayTellTwice: false });
  await follower.open();
  const times: (number | undefined)[] = [];
  for await (const batch of follower.history()) times.push(...batch.map(({ time }) => time));
  expect(times).toEqual([Date.parse("2026-01-28T08:29:00Z"), Date.parse("2026-01-28T08:30:00Z")]);
});

describe("zones", () => {
  const day = Date.parse("2026-01-28");
  const hours = (count: number): number => count * 3_600_000;
  test.each([
    ["UTC", { kind: "time-of-day", ms: hours(8) }, day + hours(8) + 300, 0],
    ["Berlin", { kind: "time-of-day", ms: hours(9) }, day + hours(8) + 300, hours(1)],
    ["Kolkata", { kind: "time-of-day", ms: hours(13.5) }, day + hours(8), hours(5.5)],
    ["New York, the day before there", { kind: "time-of-day", ms: hours(22) }, day + hours(3), hours(-5)],
    ["Auckland, the day after there", { kind: "time-of-day", ms: hours(1) }, day + hours(12), hours(13)],
    ["zoneless", { kind: "zoneless", ms: day + hours(9) }, day + hours(8) + 300, hours(1)],
    ["zoneless, of another day", { kind: "zoneless", ms: day + hours(32) }, day + hours(8), undefined],
    ["written much later", { kind: "time-of-day", ms: hours(8) }, day + hours(8) + 7 * 60_000, undefined],
    ["an instant", { kind: "instant", ms: day }, day, undefined],
  ] as const)("%s", (_, stamp, writtenAt, offset) => expect(zoneOf(stamp, writtenAt)).toBe(offset));
});

describe("a file that begins anew", () => {
  const both = line("28T08:00:00", "a") + line("28T09:00:00", "b");
  beforeEach(async () => {
    await writeFile(at("gateway.log"), both);
    await begin("gateway.log");
  });

  test("copytruncate: only what is new", async () => {
    await copyFile(at("gateway.log"), at("gateway.log.1"));
    await truncate(at("gateway.log"), 0);
    await appendFile(at("gateway.log"), line("28T09:00:01", "c"));
    expect(await poll(8)).toMatchObject([{ message: "c", location: { line: 1 } }]);
  });

  test("as an editor saves it: what was read before is not read again", async () => {
    await writeFile(at("new"), both + line("28T10:00:00", "c"));
    await rename(at("new"), at("gateway.log"));
    expect(texts(await poll(5))).toEqual(["c"]);
  });

  test("… nor what was read while it was followed, down to the last moment", async () => {
    const more = `${line("28T10:00:00", "c")}${line("28T10:00:00", "d")}`;
    await appendFile(at("gateway.log"), more);
    expect(texts(await poll(5))).toEqual(["c", "d"]);
    await writeFile(at("new"), `${both}${more}${line("28T10:00:00", "e")}${line("28T10:00:01", "f")}`);
    await rename(at("new"), at("gateway.log"));
    expect(texts(await poll(5))).toEqual(["e", "f"]);
  });

  test("cut shorter: neither", async () => {
    await truncate(at("gateway.log"), 30);
    expect(texts(await poll(5))).toEqual([]);
    await writeFile(at("gateway.log"), line("28T08:00:00", "a"));
    expect(texts(await poll(5))).toEqual([]);
    await appendFile(at("gateway.log"), line("28T11:00:00", "c"));
    expect(texts(await poll(5))).toEqual(["c"]);
  });
});

describe("midnight", () => {
  const today = "openclaw-2026-01-28.log";
  const tomorrow = "openclaw-2026-01-29.log";

  test("the gateway goes on in the next day's file", async () => {
    await writeFile(at(today), line("28T23:59:00", "a"));
    await begin(today);
    await appendFile(at(today), line("28T23:59:59", "b"));
    await writeFile(at(tomorrow), line("29T00:00:00", "c"));
    const records = await poll(5);
    expect(texts(records)).toEqual(["b", "c"]);
    expect(new Set(records.map(({ stream }) => stream)).size).toBe(1);
    await appendFile(at(today), line("29T00:00:00", "late"));
    await appendFile(at(tomorrow), line("29T00:00:01", "d"));
    expect(texts(await poll())).toEqual(["late", "d"]);
  });

  test("yesterday's file is let go after a while, and a year of days keeps one open", async () => {
    await writeFile(at(today), line("28T23:59:00", "a"));
    await begin(today);
    let date = Date.parse("2026-01-28");
    for (let day = 0; day < 20; day++) {
      date += 86_400_000;
      const name = new Date(date).toISOString().slice(0, 10);
      await writeFile(at(`openclaw-${name}.log`), `${name}T00:00:00.000Z [gateway] day ${day}\n`);
      expect(texts(await poll(130))).toEqual([`day ${day}`]);
    }
    expect(await follower.realPathsOf("gateway")).toHaveLength(1);
  });

  test("the day before is its past", async () => {
    await writeFile(at("openclaw-2026-01-27.log"), line("27T23:00:00", "yesterday"));
    await writeFile(at(today), line("28T23:59:00", "a"));
    expect(await begin(today)).toEqual(["yesterday", "a"]);
  });
});

describe("a folder", () => {
  test("its logs, and those that come", async () => {
    await mkdir(at("logs"));
    await writeFile(at("logs/gateway.log"), line("28T08:00:00", "a").repeat(3));
    expect(await begin("logs")).toEqual(["a", "a", "a"]);
    await writeFile(at("logs/openclaw-2026-01-29.log"), line("29T00:00:00", "b").repeat(3));
    expect(texts(await poll(5))).toEqual(["b", "b", "b"]);
  });

  test("that has nothing yet", async () => {
    await mkdir(at("logs"));
    expect(await begin("logs").catch(() => "refused")).toEqual([]);
    await writeFile(at("logs/gateway.log"), line("28T08:00:00", "a").repeat(3));
    expect(texts(await poll(5))).toEqual(["a", "a", "a"]);
  });
});

test("this machine's gateway, as the doctor finds it, also one that comes later", async () => {
  const locator = await machineLogs(env);
  follower = new FileFollower(locator, env, { now: () => now, mayTellTwice: true });
  await follower.open();
  expect(await history()).toEqual([]);
  expect(locator.looked).toContain(path.join(folder, "tmp", "openclaw"));
  await mkdir(at("tmp/openclaw"), { recursive: true });
  await writeFile(at("tmp/openclaw/openclaw-2026-01-28.log"), `${up("08:00:00")}\n`);
  const [record] = await poll(5);
  expect(record?.message).toMatch(/^listening on/);
});

test("two files of one gateway are merged by time as they grow", async () => {
  await writeFile(at("a.log"), `${up("08:00:00")}\n`);
  await writeFile(at("b.log"), `${up("08:00:00")}\n`);
  await begin("a.log", "b.log");
  await appendFile(at("a.log"), line("28T08:00:01", "1") + line("28T08:00:03", "3"));
  await appendFile(at("b.log"), line("28T08:00:02", "2") + line("28T08:00:04", "4"));
  const records = await poll();
  expect(texts(records)).toEqual(["1", "2", "3", "4"]);
  expect(new Set(records.map(({ stream }) => stream)).size).toBe(1);
  expect(follower.severalSources).toBe(true);
  expect(follower.areOfOneForm(0, 1)).toBe(true);
});

test("two forms are known apart while the past is read", async () => {
  await writeFile(at("a.log"), `${up("08:00:00")}\n`);
  const time = "2026-01-28T08:00:00.000Z";
  const json = {
    0: '{"subsystem":"gateway"}',
    1: "listening on ws://127.0.0.1:18789 (PID 4711)",
    _meta: { date: time },
    time,
  };
  await writeFile(at("b.log"), `${JSON.stringify(json)}\n`);
  follower = new FileFollower(namedLogs(["a.log", "b.log"], env), env, { now: () => now, mayTellTwice: false });
  await follower.open();
  const seen: boolean[] = [];
  for await (const _ of follower.history()) seen.push(follower.areOfOneForm(0, 1));
  expect(seen).not.toContain(true);
  expect(follower.areOfOneForm(0, 1)).toBe(false);
  expect(follower.areOfOneForm(0, 0)).toBe(true);
});

test("nothing is lost and nothing is twice, whatever is done to the file between two looks", async () => {
  await writeFile(at("gateway.log"), "");
  await begin("gateway.log");
  const seen: string[] = [];
  let minute = 0;
  const append = async (): Promise<void> => {
    const time = new Date(Date.parse("2026-01-28T08:00:00Z") + ++minute * 60_000).toISOString();
    await appendFile(at("gateway.log"), `${time} [gateway] ${minute}\n`);
  };
  // A fixed order of acts, each followed by a look: the same on every machine.
  for (let index = 0; index < 200; index++) {
    await append();
    if (index % 3 === 0) await append();
    // A file that comes and is renamed between two looks is one that nobody can have seen.
    if (index % 7 === 6 && index % 13 !== 0) {
      await rename(at("gateway.log"), at("gateway.log.1"));
      await append();
    }
    if (index % 11 === 10) {
      seen.push(...texts(await poll()));
      await truncate(at("gateway.log"), 0);
      await append();
    }
    if (index % 13 === 12) {
      seen.push(...texts(await poll()));
      await rm(at("gateway.log"));
    }
    seen.push(...texts(await poll()));
  }
  seen.push(...texts(await poll(5)));
  expect(seen).toEqual(Array.from({ length: minute }, (_, index) => String(index + 1)));
  expect((await readFile(at("gateway.log"), "utf8")).length).toBeGreaterThan(0);
});

describe("names", () => {
  test.each([
    ["gateway.log", false],
    ["gateway.log.1", true],
    ["gateway.1.log", true],
    ["gateway.log.1.gz", true],
    ["gateway.log-20260128", true],
    ["openclaw-2026-01-28.log", false],
    ["openclaw-2026-01-28.1.log", true],
    ["gateway.log.old", true],
  ])("%s is past: %s", (name, past) => expect(isPast({ path: `/x/${name}`, isNamed: false })).toBe(past));

  test("who names a rotated file means it, but nobody writes to an archive", () => {
    expect(isPast({ path: "/x/gateway.log.1", isNamed: true })).toBe(false);
    expect(isPast({ path: "/x/gateway.log.gz", isNamed: true })).toBe(true);
  });

  test("a later day", () => {
    expect(hasLaterDay("/x/a-2026-01-28.log", ["/x/a-2026-01-29.log"])).toBe(true);
    expect(hasLaterDay("/x/a-2026-01-28.log", ["/x/b-2026-01-29.log", "/y/a-2026-01-29.log"])).toBe(false);
    expect(hasLaterDay("/x/a.log", ["/x/a-2026-01-29.log"])).toBe(false);
  });

  test("a file in a folder that is not there can never come", async () => {
    await begin("gateway.log");
    await expect(assertMayCome(["gateway.log"], env)).resolves.toBeUndefined();
    await expect(assertMayCome(["nowhere/gateway.log"], env)).rejects.toThrow("no such file: nowhere/gateway.log");
  });
});
