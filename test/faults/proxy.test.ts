/** The proxy does what its schedule says, and nothing else. */
import { afterEach, expect, test } from "vitest";

import { FaultProxy } from "../../lab/faults/proxy.ts";
import { scheduleText, type AnswerFault, type Befall, type RequestFault } from "../../lab/faults/schedule.ts";
import { connectGateway } from "../../src/gateway/connect.ts";
import { GatewayError, type Gateway } from "../../src/gateway/gateway.ts";
import { resolveGatewayTarget } from "../../src/gateway/resolve-target.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { fakeGateway, type FakeGateway } from "../gateway/fake-gateway.ts";

const LARGEST = 25 * 1024 * 1024;
/** The HTTP head, `connect`, and then the first request. */
const FIRST_REQUEST = 2;
/** The HTTP head, the challenge, the greeting, and then the first answer. */
const FIRST_ANSWER = 3;

let server: FakeGateway;
let proxy: FaultProxy;
let gateway: Gateway;

afterEach(async () => {
  proxy.breakOff();
  await gateway.close();
  await proxy.close();
  await server.close();
});

async function ask(befall: Befall): Promise<string> {
  server = await fakeGateway({ answer: () => ({ payload: { text: "as it was" } }) });
  proxy = await FaultProxy.start(Number(new URL(server.url).port));
  proxy.arm([befall]);
  const io = fakeIo();
  const target = await resolveGatewayTarget({ url: proxy.url, token: "no-real-token" }, io);
  gateway = await connectGateway(target, io, { requestTimeoutMs: 1_000 });
  try {
    const answer = await gateway.request("sessions.list", {});
    return JSON.stringify(answer) === '{"text":"as it was"}' ? "answered" : "answered otherwise";
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.kind;
  }
}

test.each<[RequestFault, string, number]>([
  [{ what: "delay", ms: 20 }, "answered", 1],
  [{ what: "cut", after: 0, how: "end" }, "closed", 0],
  [{ what: "cut", after: 20, how: "reset" }, "closed", 0],
  [{ what: "cut", after: "all", how: "reset" }, "closed", 1],
  [{ what: "garbage-bytes" }, "closed", 0],
  [{ what: "silence" }, "timeout", 0],
  [{ what: "half-open" }, "timeout", 0],
])("a request: %j", async (fault, kind, arrives) => {
  expect(await ask({ direction: "to-gateway", at: FIRST_REQUEST, fault })).toBe(kind);
  expect(proxy.befallen).toEqual([fault.what]);
  proxy.breakOff();
  await expect.poll(server.connections, { timeout: 10_000 }).toBe(0);
  expect(server.asked).toHaveLength(arrives);
  expect(proxy.passed.filter(({ method }) => method === "sessions.list")).toHaveLength(arrives);
});

test.each<[AnswerFault, string]>([
  [{ what: "delay", ms: 20 }, "answered"],
  [{ what: "cut", after: 0, how: "reset" }, "closed"],
  [{ what: "cut", after: 20, how: "end" }, "closed"],
  [{ what: "cut", after: "all", how: "end" }, "answered"],
  [{ what: "garbage-bytes" }, "garbage"],
  [{ what: "silence" }, "timeout"],
  [{ what: "half-open" }, "timeout"],
  [{ what: "close", code: 1012 }, "closed"],
  [{ what: "twice" }, "answered"],
  [{ what: "later" }, "answered"],
  [{ what: "garbage-frame", text: "[]" }, "garbage"],
  [{ what: "binary" }, "garbage"],
  [{ what: "truncated-json", share: 0.5 }, "garbage"],
  // Its places: type, id, ok, payload, payload.text, behind the frame as a whole.
  [{ what: "mistyped", pick: 5 }, "answered otherwise"],
  [{ what: "mistyped", pick: 2 }, "garbage"],
  [{ what: "stray-answer", id: "99" }, "answered"],
  [{ what: "huge", bytes: LARGEST }, "answered"],
  [{ what: "huge", bytes: LARGEST + 1 }, "garbage"],
])("an answer: %j", async (fault, kind) => {
  expect(await ask({ direction: "to-us", at: FIRST_ANSWER, fault })).toBe(kind);
  expect(proxy.befallen).toEqual([fault.what]);
});

test("a schedule in words", () => {
  expect(scheduleText([{ direction: "to-us", at: "step", fault: { what: "cut", after: 7, how: "end" } }])).toBe(
    'cut 7 "end" to-us at step',
  );
  expect(scheduleText([])).toBe("no fault");
});
