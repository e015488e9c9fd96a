/** `--also`: one reading of the log, several forms of its report. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { main } from "../../src/cli.ts";
import { doctor } from "../helpers/doctor.ts";
import { fakeIo } from "./fake-io.ts";

const LOG = "fixtures/issue-3245/console.log";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawdbot-sessions-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("every form is what --format would have printed, without colours", async () => {
  const stdin = readFileSync(LOG, "utf8");
  const io = fakeIo({ stdin, timeZone: "UTC", isTTY: true, columns: 200 });
  const words = "doctor - --format github --also markdown=a.md --also junit=b=c.xml --also pretty=p.txt --color always";
  expect(await main(words.split(" "), io)).toBe(1);
  const alone = async (format: string): Promise<string> => (await doctor(["-", "--format", format], stdin)).out;
  expect(io.out()).toBe(await alone("github"));
  expect([...io.files]).toEqual([
    ["a.md", await alone("markdown")],
    ["b=c.xml", await alone("junit")],
    ["p.txt", await alone("pretty")],
  ]);
});

describe("is refused", () => {
  test.each([
    [["--also", "xml=a"], '--also "xml=a" names no format'],
    [["--also", "junit"], "--also junit names no file"],
    [["--also", "junit="], "--also junit names no file"],
    [["--also", "junit=-"], "--also junit=-: standard output is for the report itself"],
    [["--output", ""], "--output names no file"],
    [["--also", "junit=a", "--also", "json=a"], "two reports cannot both be written to a"],
    [["--output", "a", "--also", "json=a"], "two reports cannot both be written to a"],
  ])("%j", async (words, error) => {
    const { out, err, exitCode } = await doctor([LOG, ...words]);
    expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
    expect(err).toContain(error);
  });

  test("where it would overwrite the log", async () => {
    const log = path.join(folder, "a.log");
    copyFileSync(LOG, log);
    const { err, exitCode } = await doctor([log, "--also", `json=${log}`]);
    expect({ err, exitCode }).toMatchObject({ exitCode: 2, err: expect.stringContaining("is one of the logs") });
  });
});

test.each(["doctor", "timeline"])("%s --output - is standard output", async (command) => {
  const io = fakeIo({ cwd: "fixtures" });
  await main([command, "issue-3245/gateway.jsonl", "--output", "-"], io);
  expect(io.files.size).toBe(0);
  expect(io.out()).toContain("main");
});
