import { expect, test } from "vitest";

import { missingFiles, unreadGap } from "../../src/checks/log-gap.ts";

/** Names of so many days' logs. */
function days(first: string, count: number): string[] {
  const at = (index: number): Date => new Date(Date.parse(first) + index * 86_400_000);
  return Array.from({ length: count }, (_, index) => `a-${at(index).toISOString().slice(0, 10)}.log`);
}

test.each([
  ["no series", ["a.log", "b.log"], []],
  ["whole", ["x/clawdbot-2026-01-27.log", "x/clawdbot-2026-01-28.log"], []],
  ["a missing day", ["x/openclaw-2026-02-28.log", "x/openclaw-2026-03-02.log.gz"], ["x/openclaw-2026-03-01.log"]],
  ["two profiles are two series", ["openclaw-a-2026-01-01.log", "openclaw-b-2026-01-03.log"], []],
  ["a rotated file that is not there", ["gateway.log", "gateway.log.1", "gateway.log.3"], ["gateway.log.2"]],
  ["rotated before the ending", ["gateway.1.log", "gateway.3.log.gz"], ["gateway.2.log"]],
  ["a rotated file of a dated one", ["openclaw-2026-01-01.1.log", "openclaw-2026-01-01.log"], []],
  ["years apart", ["a-2020-01-01.log", "a-2026-01-01.log"], []],
  [
    "in whatever order they are named",
    ["g.log.11", "g.log.2", "g.log.9", "g.log.4"],
    ["g.log.3", "g.log.5", "g.log.6", "g.log.7", "g.log.8", "g.log.10"],
  ],
  ["31 missing days", ["a-2026-01-01.log", "a-2026-02-02.log"], days("2026-01-02", 31)],
  ["32 missing days are another story", ["a-2026-01-01.log", "a-2026-02-03.log"], []],
  ["the parts of a day that was rotated are no days of their own", ["a-2026-01-01.12.log", "a-2026-01-03.12.log"], []],
  ["a name that goes on behind its number", ["gateway.log.1.txt", "gateway.log.3.txt"], []],
  [
    "a name that goes on behind its ending",
    ["a-2026-01-01.log.gz.txt", "a-2026-01-03.log.gz.txt"],
    ["a-2026-01-02.log.gz.txt"],
  ],
  [
    "the parts of a day, and another day beside them",
    ["a-2026-01-01.1.log", "a-2026-01-01.log", "a-2026-01-03.log"],
    ["a-2026-01-02.log"],
  ],
  ["no date of a calendar", ["a-2026-99-01.log", "a-2026-99-03.log"], []],
])("%s", (_name, paths, missing) => {
  expect(missingFiles(paths)).toEqual(missing);
});

test.each([
  ["that was read", undefined, undefined],
  ["that was not read to its end", "it was cut off", "x.log: it was cut off"],
  ["whose name is told already", "cannot read x.log: no such file", "cannot read x.log: no such file"],
])("a source %s", (_name, unread, message) => {
  const source = { path: "x.log", format: null, bytes: 0, lines: 0, candidates: 0, unparsedCandidates: 0 };
  const gap = unreadGap({ ...source, ...(unread === undefined ? {} : { unread }) });
  if (message === undefined) expect(gap).toBeUndefined();
  else {
    expect(gap).toMatchObject({ code: "log-gap", severity: "warning", confidence: "high", message, timeline: [] });
    expect(gap?.help).toContain("a run that seems to have no end may have ended there");
  }
});
