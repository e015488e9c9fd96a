/** What the docs say of watch, held against the code. */
import { readFileSync } from "node:fs";

import { parse as parsePlist } from "plist";
import { describe, expect, test } from "vitest";

import { parse } from "../../src/cli.ts";
import { fakeIo } from "../cli/fake-io.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

function understood(words: readonly string[]): boolean {
  return parse(words, fakeIo()).command === "watch";
}

test("docs/watch.md names every event and every field", () => {
  const docs = read("docs/watch.md");
  const samples = readFileSync(new URL("__snapshots__/events.ndjson.txt", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const names = new Set<string>();
  for (const line of samples) {
    const event = JSON.parse(line) as Record<string, unknown>;
    names.add(String(event["event"]));
    const row = docs
      .split("\n")
      .find((it) => it.startsWith("| ") && it.split("|")[1]?.includes(`\`${String(event["event"])}\``));
    expect(row, String(event["event"])).toBeDefined();
    // `stalled` has the fields of the row above it.
    const told = event["event"] === "stalled" ? docs : `${row} \`schemaVersion\` \`event\` \`time\``;
    for (const field of Object.keys(event)) expect(told).toMatch(new RegExp(`\`${field}\\??\``));
  }
  expect(names.size).toBe(12);
});

describe("the systemd unit", () => {
  const unit = read("docs/service/clawdbot-sessions-watch@.service");
  const values = (key: string): string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map((it) => it[1] ?? "");

  test("starts words that the command understands", () => {
    const commands = [
      ...values("ExecStart"),
      ...[...unit.matchAll(/^# {3}ExecStart=(\S.*)$/gm)].map((it) => it[1] ?? ""),
    ];
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(understood(command.split(" ").slice(1))).toBe(true);
  });

  test("keeps its journal where docs/watch.md has a reset by hand look for it", () => {
    const [folder] = values("StateDirectory");
    expect(values("Environment")).toContain(`CLAWDBOT_SESSIONS_STATE_DIR=%S/${folder}`);
    const named = `/var/lib/${folder?.replace("%i", "NAME")}`;
    expect(read("docs/watch.md")).toContain(`CLAWDBOT_SESSIONS_STATE_DIR=${named} clawdbot-sessions reset main`);
  });

  test("may do little", () => {
    expect(values("ProtectSystem")).toEqual(["strict"]);
    expect(values("NoNewPrivileges")).toEqual(["yes"]);
    expect(values("CapabilityBoundingSet")).toEqual([""]);
    // Gateways log to /tmp.
    expect(values("PrivateTmp")).toEqual([]);
  });
});

test("the launch agent", () => {
  const agent = parsePlist(read("docs/service/com.clawdbot-sessions.watch.plist")) as Readonly<Record<string, unknown>>;
  expect(agent["Label"]).toBe("com.clawdbot-sessions.watch");
  const [node, bin, ...words] = agent["ProgramArguments"] as string[];
  expect([node, bin].every((it) => it?.startsWith("/"))).toBe(true);
  expect(understood(words)).toBe(true);
  // It ends with 0 only when it was told to.
  expect(agent["KeepAlive"]).toEqual({ SuccessfulExit: false });
});
