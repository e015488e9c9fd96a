import { describe, expect, it } from "vitest";
import { family, groupUnits, type Unit } from "../../src/sources/gateways.ts";

function unit(
  path: string,
  from: number,
  to: number,
  more: Partial<Unit> & { id?: string; port?: string; host?: string } = {},
): Unit {
  const { id, port, host, ...rest } = more;
  return {
    path,
    stream: "",
    ids: new Set(id === undefined ? [] : [id]),
    listens: new Map(port === undefined ? [] : [[`ws://127.0.0.1:${port} 4711`, from]]),
    hosts: new Set(host === undefined ? [] : [host]),
    from: from * 3_600_000,
    to: to * 3_600_000,
    ...rest,
  };
}

const cases: readonly (readonly [what: string, units: readonly Unit[], groups: readonly (readonly number[])[]])[] = [
  ["one file", [unit("a.log", 0, 5, { id: "s1" })], [[0]]],
  [
    "console and file of one gateway",
    [unit("console.log", 0, 5, { id: "s1" }), unit("gateway.jsonl", 0, 5, { id: "s1" })],
    [[0, 1]],
  ],
  ["two gateways at the same time", [unit("a.log", 0, 5, { id: "s1" }), unit("b.log", 0, 5, { id: "s2" })], [[0], [1]]],
  [
    "a log that goes on in another file",
    [unit("a.log", 0, 5, { id: "s1" }), unit("b.log", 5, 9, { id: "s2" })],
    [[0, 1]],
  ],
  [
    "days of two gateways in two folders",
    [
      unit("a/x.log", 0, 5, { id: "s1" }),
      unit("b/x.log", 0, 5, { id: "s2" }),
      unit("a/y.log", 5, 9, { id: "s3" }),
      unit("b/y.log", 5, 9, { id: "s4" }),
    ],
    [
      [0, 2],
      [1, 3],
    ],
  ],
  [
    "rotated files that overlap",
    [unit("openclaw-2026-01-28.log", 0, 5, { id: "s1" }), unit("openclaw-2026-01-28.1.log", 0, 3, { id: "s2" })],
    [[0, 1]],
  ],
  ["a service's two outputs", [unit("l/gateway.log", 0, 5, { id: "s1" }), unit("l/gateway.err.log", 1, 2)], [[0, 1]]],
  [
    "one after another on two machines",
    [unit("a.log", 0, 5, { host: "h1" }), unit("b.log", 6, 9, { host: "h2" })],
    [[0], [1]],
  ],
  [
    "two containers in one file",
    [unit("c.log", 0, 5, { stream: "a-1" }), unit("c.log", 0, 5, { stream: "b-1" })],
    [[0], [1]],
  ],
  [
    "one container in two files",
    [unit("c.log", 0, 5, { stream: "a-1" }), unit("d.log", 4, 9, { stream: "a-1" })],
    [[0, 1]],
  ],
  [
    "a container and its log file",
    [
      unit("c.log", 0, 5, { stream: "a-1", id: "s1" }),
      unit("c.log", 0, 5, { stream: "b-1", id: "s2" }),
      unit("x.jsonl", 0, 5, { id: "s2" }),
    ],
    [[0], [1, 2]],
  ],
  [
    "an info-level console beside the file",
    [unit("console.log", 0, 5, { port: "18789" }), unit("gateway.jsonl", 0, 5, { port: "18789", id: "s1" })],
    [[0, 1]],
  ],
  [
    "two gateways with one address and PID in containers",
    [unit("a.log", 0, 5, { port: "18789", id: "s1" }), unit("b.log", 0, 5, { port: "18789", id: "s2" })],
    [[0], [1]],
  ],
  ["two ports one after another", [unit("a.log", 0, 5, { port: "1" }), unit("b.log", 6, 9, { port: "2" })], [[0], [1]]],
  [
    "two profiles one after another",
    [unit("a.log", 0, 5, { profile: "" }), unit("b.log", 6, 9, { profile: "work" })],
    [[0], [1]],
  ],
  [
    "what discovery says is one",
    [unit("a.log", 0, 5, { group: "g", id: "s1" }), unit("b.log", 0, 5, { group: "g", id: "s2" })],
    [[0, 1]],
  ],
  ["a log with no sessions beside one gateway", [unit("x.log", 1, 2), unit("a.log", 0, 5, { id: "s1" })], [[0, 1]]],
];

describe("groupUnits", () => {
  it.each(cases)("%s", (_what, units, groups) => {
    const numbers = groupUnits(units);
    const found = new Map<number, number[]>();
    numbers.forEach((group, index) => found.set(group, [...(found.get(group) ?? []), index]));
    expect([...found.values()]).toEqual(groups);
  });
});

describe("family", () => {
  it.each([
    ["/t/openclaw-2026-01-28.log", "/t/openclaw"],
    ["/t/openclaw-2026-01-28.3.log", "/t/openclaw"],
    ["/t/openclaw-work-2026-01-28.log.gz", "/t/openclaw-work"],
    ["/t/gateway.err.log", "/t/gateway"],
    ["/t/gateway.log.2", "/t/gateway"],
    ["/t/gateway-2.log", "/t/gateway-2"],
  ])("%s", (path, expected) => {
    expect(family(path)).toBe(expected);
  });
});
