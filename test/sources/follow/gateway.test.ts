import { expect, test } from "vitest";

import { GatewayError } from "../../../src/gateway/gateway.ts";
import { GatewayFollower } from "../../../src/sources/follow/gateway.ts";
import { FakeGateway } from "../../repair/fake-gateway.ts";

const NOW = Date.parse("2026-01-28T08:00:00Z");

function line(text: string, seconds: number): string {
  const time = new Date(NOW + seconds * 1000).toISOString();
  return JSON.stringify({ 0: '{"subsystem":"gateway"}', 1: text, _meta: { date: time, logLevelName: "INFO" }, time });
}

interface Log {
  file: string;
  lines: string[];
}

/** A gateway whose `logs.tail` counts lines where a real one counts bytes. */
function tailing(log: Log): FakeGateway {
  const gateway = new FakeGateway();
  gateway.does.set("logs.tail", ({ cursor }) => {
    const reset = typeof cursor === "number" && cursor > log.lines.length;
    const from = typeof cursor === "number" && !reset ? cursor : 0;
    return { file: log.file, cursor: log.lines.length, size: log.lines.length, lines: log.lines.slice(from), reset };
  });
  return gateway;
}

async function begin(gateway: FakeGateway, connect = async () => gateway) {
  const follower = new GatewayFollower(connect, () => NOW);
  await follower.open();
  const past: string[] = [];
  for await (const batch of follower.history()) past.push(...batch.map(({ message }) => message));
  const poll = async () => {
    const { records, notices } = await follower.poll();
    return [...notices.map(({ kind }) => kind), ...records.map(({ message }) => message)];
  };
  return { follower, past, poll };
}

test("its past, then what comes, once", async () => {
  const log: Log = { file: "a.log", lines: [line("a", 0)] };
  const { past, poll } = await begin(tailing(log));
  expect(past).toEqual(["a"]);
  expect(await poll()).toEqual([]);
  log.lines.push(line("b", 1));
  expect(await poll()).toEqual(["b"]);
  expect(await poll()).toEqual([]);
});

test("midnight: all of the new file, also where it is longer than the old one was", async () => {
  const log: Log = { file: "a-2026-01-28.log", lines: [line("a", 0)] };
  const { poll } = await begin(tailing(log));
  log.file = "a-2026-01-29.log";
  log.lines = [line("b", 10), line("c", 11), line("d", 12)];
  expect(await poll()).toEqual(["b", "c", "d"]);
  log.lines.push(line("e", 13));
  expect(await poll()).toEqual(["e"]);
});

test("a file that was emptied", async () => {
  const log: Log = { file: "a.log", lines: [line("a", 0), line("b", 1)] };
  const { poll } = await begin(tailing(log));
  log.lines = [line("c", 10)];
  expect(await poll()).toEqual(["c"]);
});

test("a gateway that goes away and comes back is told once each, and nothing in between is lost", async () => {
  const log: Log = { file: "a.log", lines: [line("a", 0)] };
  const gateway = tailing(log);
  let isUp = true;
  const { poll } = await begin(gateway, async () => {
    if (!isUp) throw new GatewayError("refused", "nobody listens", false);
    return gateway;
  });
  const answers = gateway.does.get("logs.tail");
  gateway.does.set("logs.tail", () => {
    throw new GatewayError("closed", "the connection was closed", true);
  });
  isUp = false;
  const told: string[] = [];
  for (let index = 0; index < 20; index++) told.push(...(await poll()));
  expect(told).toEqual(["gateway-unreachable"]);
  log.lines.push(line("b", 1));
  isUp = true;
  if (answers) gateway.does.set("logs.tail", answers);
  for (let index = 0; index < 20; index++) told.push(...(await poll()));
  expect(told).toEqual(["gateway-unreachable", "gateway-reachable", "b"]);
});

test("more than it gives at once is told", async () => {
  const log: Log = { file: "a.log", lines: [] };
  const { poll } = await begin(tailing(log));
  log.lines = Array.from({ length: 5_000 }, (_, index) => line(`${index}`, index));
  expect((await poll())[0]).toBe("lines-lost");
});

test("the gateway's clock counts", async () => {
  const gateway = tailing({ file: "a.log", lines: [] });
  gateway.does.set("sessions.list", () => ({ ts: NOW + 5_000, sessions: [] }));
  const { follower } = await begin(gateway);
  expect(follower.skewMs).toBe(5_000);
});
