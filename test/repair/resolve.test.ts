/** Who is meant by what somebody typed. */
import { describe, expect, test } from "vitest";

import { namedSessions, resolveId, resolveRun, type NamedSession } from "../../src/repair/resolve.ts";
import { canonicalKey } from "../../src/tracker/session-index.ts";

const named = (key: string, sessionIds: string[] = [], runIds: string[] = []): NamedSession => ({
  key,
  canonical: canonicalKey(key),
  sessionIds,
  runIds,
});
const SESSIONS = [
  named("agent:main:main-2", ["old-12"], ["run-11"]),
  named("agent:main:main", ["5cdc6cdf-3555", "old-1"], ["run-1", "run-12"]),
  named("agent:main:room", ["5CDC0000-4444"], ["run-2"]),
  named("agent:ops:main", ["aaaa-1"], ["other"]),
];
const told = (resolution: ReturnType<typeof resolveId>) =>
  resolution.outcome === "found" ? resolution.session.key : `${resolution.outcome}: ${resolution.hint}`;

describe("a session's name", () => {
  test.each<[string, string, string]>([
    ["its short key", "room", "agent:main:room"],
    ["in any case, and with spaces around it", "  ROOM ", "agent:main:room"],
    ["its full key", "agent:ops:main", "agent:ops:main"],
    ["the key of the default agent, though others begin alike", "main", "agent:main:main"],
    ["its sessionId", "5cdc6cdf-3555", "agent:main:main"],
    ["the end of its key", "oom", "not-found: did you mean room?"],
    ["one that it had before", "old-1", "agent:main:main"],
    ["the beginning of its sessionId, in any case", "5CDC6", "agent:main:main"],
    ["… that is listed in capitals", "5cdc0", "agent:main:room"],
    ["the beginning of its key", "roo", "agent:main:room"],
    ["the beginning of its full key", "agent:o", "agent:ops:main"],
    ["the beginning of several", "5cdc", "ambiguous: it may be agent:main:main, agent:main:room"],
    ["nothing", "  ", "not-found: an empty name names no session"],
    ["a mistyped key", "rom", "not-found: did you mean room?"],
    ["nothing like it", "something-else", "not-found: the gateway knows 4 sessions, none by that name"],
  ])("%s", (_, typed, expected) => expect(told(resolveId(typed, SESSIONS))).toBe(expected));

  test("of many, an error names five", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => named(`agent:main:r${index}`));
    expect(told(resolveId("r", many(5)))).toMatch(/agent:main:r4$/);
    expect(told(resolveId("r", many(6)))).toMatch(/agent:main:r4 and 1 more$/);
  });
});

describe("a run's name", () => {
  test.each<[string, string, string]>([
    ["whole, though another one begins so", "run-1", "agent:main:main"],
    ["with spaces around it", " run-2 ", "agent:main:room"],
    ["its beginning", "oth", "agent:ops:main"],
    [
      "the beginning of several sessions' runs",
      "run-",
      "ambiguous: it may be agent:main:main-2, agent:main:main, agent:main:room",
    ],
    ["not its middle", "un-2", "not-found: no session of this gateway is known to have such a run"],
    ["not in another case", "OTHER", "not-found: no session of this gateway is known to have such a run"],
    ["nothing", " ", "not-found: no session of this gateway is known to have such a run"],
  ])("%s", (_, typed, expected) => expect(told(resolveRun(typed, SESSIONS))).toBe(expected));
});

describe("the gateway's list and the diagnosis", () => {
  const row = (key: string, sessionId: string | null, activeRunIds: string[] = []) => ({
    key,
    canonical: canonicalKey(key),
    sessionId,
    hasActiveRun: null,
    activeRunIds,
  });

  test("are one: what the log adds to a session that is listed", () => {
    const listed = [row("agent:main:main", "now", ["r3"]), row("agent:ops:x", null)];
    const diagnosed = [
      { key: "main", sessionIds: ["before", "now"], runIds: ["r1", "r3"] },
      { key: "gone", sessionIds: ["id-gone"], runIds: ["r9"] },
    ];
    expect(namedSessions(listed, diagnosed)).toEqual([
      named("agent:main:main", ["now", "before"], ["r3", "r1"]),
      named("agent:ops:x"),
    ]);
  });

  test.each([
    ["main", "agent:main:main"],
    ["agent:main:main", "main"],
  ])("a session that is listed as %s and as %s is one, under its full key", (first, second) => {
    expect(namedSessions([row(first, "one"), row(second, "two")], [])).toEqual([
      named("agent:main:main", ["one", "two"]),
    ]);
  });
});
