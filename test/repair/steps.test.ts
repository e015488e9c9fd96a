import { describe, expect, test } from "vitest";

import { GatewayError } from "../../src/gateway/gateway.ts";
import { STEP_NAMES, STEPS } from "../../src/repair/steps/index.ts";
import { failing, FakeGateway } from "./fake-gateway.ts";

const TARGET = { key: "agent:main:room", messageKey: "room", runId: "run-1" };

describe.each(STEP_NAMES)("%s", (name) => {
  const step = STEPS[name];

  test("is registered under its own name, and sends its own method only", async () => {
    expect(step.name).toBe(name);
    const gateway = new FakeGateway();
    await step.send(gateway, TARGET, "token");
    expect(new Set(gateway.asked.map(({ method }) => method))).toEqual(new Set([step.method]));
  });

  test("never sends the same request twice", async () => {
    const gateway = new FakeGateway();
    await step.send(gateway, TARGET, "token");
    const sent = gateway.asked.map((it) => JSON.stringify(it));
    expect(new Set(sent).size).toBe(sent.length);
  });

  test("is the same request when it is tried again", async () => {
    const [one, two] = [new FakeGateway(), new FakeGateway()];
    await step.send(one, TARGET, "token");
    await step.send(two, TARGET, "token");
    expect(one.asked).toEqual(two.asked);
  });

  test.each(["timeout", "closed", "garbage"] as const)(
    "takes a request that may have arrived (%s) for unknown",
    async (kind) => {
      const gateway = new FakeGateway();
      gateway.does.set(step.method, failing(kind, true));
      expect((await step.send(gateway, TARGET, "token")).result).toBe("unknown");
    },
  );

  test("says that nothing was sent", async () => {
    const gateway = new FakeGateway();
    gateway.does.set(step.method, failing("closed", false));
    await expect(step.send(gateway, TARGET, "token")).rejects.toThrow(GatewayError);
    expect(gateway.asked).toHaveLength(1);
  });

  test("hears a no", async () => {
    const gateway = new FakeGateway();
    gateway.does.set(step.method, failing("rejected", true));
    expect((await step.send(gateway, TARGET, "token")).result).toBe("denied");
  });
});

test("chat.abort is tried with every form of the key, until one is known", async () => {
  const gateway = new FakeGateway();
  gateway.does.set("chat.abort", ({ sessionKey }) => ({ aborted: sessionKey === "agent:main:room" }));
  expect((await STEPS["chat-abort"].send(gateway, TARGET, "token")).result).toBe("claimed");
  expect(gateway.asked.map(({ params }) => params["sessionKey"])).toEqual(["room", "agent:main:room"]);
});

test("sessions.reset sends nothing but the key: its schema is closed", async () => {
  const gateway = new FakeGateway();
  await STEPS["sessions-reset"].send(gateway, TARGET, "token");
  expect(gateway.asked).toEqual([{ method: "sessions.reset", params: { key: "room" } }]);
});

test("/stop: goes to the form of the key under which messages reach the session", async () => {
  const gateway = new FakeGateway();
  await STEPS["stop-command"].send(gateway, TARGET, "token");
  expect(gateway.asked[0]?.params).toEqual({ sessionKey: "room", message: "/stop:", idempotencyKey: "token" });
});
