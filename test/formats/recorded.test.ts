/**
 * What real tools printed of one log, recorded by lab/record-outputs.ts: each
 * is judged as the gateway's own file is.
 */
import { readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import type { Report } from "../../src/model.ts";
import { reportOf } from "../helpers/doctor.ts";
import { FIXTURES } from "../helpers/fixtures.ts";

/** What the report says of the gateway, without where it stands, and how long before the end: asking for a log adds to it. */
function story({ verdict, counts, runs, sessions, findings }: Report): object {
  return {
    verdict,
    counts,
    runs: runs.map(({ location: _location, gateway: _life, ...run }) => run),
    sessions: sessions.map(({ gateway: _life, silenceMs: _silence, ...session }) => session),
    findings: findings.map(({ code, severity, confidence, runId }) => ({ code, severity, confidence, runId })),
  };
}

describe("journalctl, of systemd 252", () => {
  const folder = path.join(FIXTURES, "journald");

  test.each(readdirSync(folder).filter((name) => name.endsWith(".gz")))("%s", async (name) => {
    const { report } = await reportOf([path.join(folder, name)]);
    const { report: expected } = await reportOf([path.join(FIXTURES, "issue-3245/console.log")]);
    expect(story(report)).toEqual(story(expected));
    expect(report.sources[0]).toMatchObject({ unparsedCandidates: 0, candidates: expected.sources[0]?.candidates });
    const output = /\.([\w-]+)\.gz$/.exec(name)?.[1] ?? "";
    expect(report.sources[0]?.format).toMatch(output === "cat" ? /^console/ : /^journald[\w-]*\+console/);
  });
});

describe("the gateway's own logs command", () => {
  const folder = path.join(FIXTURES, "logs-cli");
  const gateways = readdirSync(folder);

  test("of an old and a new version", () => expect(gateways.length).toBeGreaterThan(1));

  test.each(gateways.flatMap((gateway) => ["logs.json", "logs.txt"].map((name) => [gateway, name] as const)))(
    "%s %s",
    async (gateway, name) => {
      const { report } = await reportOf([path.join(folder, gateway, `${name}.gz`)]);
      const { report: expected } = await reportOf([path.join(folder, gateway, "gateway.jsonl.gz")]);
      expect(story(report)).toEqual(story(expected));
      const format = name === "logs.json" ? "logs-json" : "logs";
      const { candidates } = expected.sources[0] ?? {};
      expect(report.sources[0]).toMatchObject({ format, unparsedCandidates: 0, candidates });
      expect(report.counts.runs).toBeGreaterThan(2);
    },
  );

  test("shows the session that a restart left blocked, on the version that does so", async () => {
    const { report } = await reportOf([path.join(folder, "clawdbot-2026.1.24-3/logs.json.gz")]);
    expect(report.sessions.map(({ sessionKey, state }) => `${sessionKey} ${state}`)).toEqual(
      expect.arrayContaining(["main blocked", "room free"]),
    );
  });
});
