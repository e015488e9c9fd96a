/** What became of an earlier call's step, and what a real message's answer is. */
import { describe, expect, test } from "vitest";

import { pastEvidence } from "../../src/repair/past.ts";
import type { OpenRepair } from "../../src/repair/journal.ts";
import { canProbe, probe } from "../../src/repair/probe.ts";
import { doneLine, log, starts, up } from "../helpers/log-lines.ts";
import { diagnoseLog } from "../helpers/track.ts";
import { clock } from "../helpers/verdicts.ts";
import { failing, FakeGateway } from "./fake-gateway.ts";

describe("proof that an earlier step helped", () => {
  const ENDED = log(
    up("08:00:00"),
    starts("08:01:00", { key: "b", runId: "rb" }),
    starts("08:01:00", { key: "a", runId: "ra", inMain: 2 }),
    doneLine("08:02:00", { key: "a", runId: "ra" }, true),
  );
  const OPEN: OpenRepair = {
    repair: "r",
    sent: ["stop-command"],
    isAnswered: true,
    sentAt: clock("08:01:50"),
    runId: "ra",
    sessionId: "id-a",
    lock: { path: "/s/l", createdAt: 7 },
  };
  const now = clock("08:10:00");
  const proofs = (open: Partial<OpenRepair>, lockNow?: number | null) =>
    pastEvidence({ ...OPEN, ...open }, diagnoseLog(ENDED), lockNow, now);
  const END = {
    time: "2026-01-28T08:02:00.000Z",
    text: "run ra ended (aborted) after the step of the earlier call",
    source: "test.log",
  };
  const GONE = { time: "2026-01-28T08:10:00.000Z", text: "its run's lock is gone", source: "/s/l" };

  test("is the end of its run, if that came after the step: clocks may differ by a second", () => {
    expect(proofs({})).toEqual([END]);
    expect(proofs({ sentAt: clock("08:02:01") })).toEqual([END]);
    expect(proofs({ sentAt: clock("08:02:01.001") })).toEqual([]);
  });

  test("is not that of another run, nor of one that goes on, nor without a step", () => {
    expect([
      proofs({ runId: "rx" }),
      proofs({ runId: "rb" }),
      proofs({ runId: null }),
      proofs({ sentAt: null }, null),
    ]).toEqual([[], [], [], []]);
  });

  test("is that its lock is gone, or is another one's", () => {
    expect(proofs({ runId: null }, null)).toEqual([GONE]);
    expect(proofs({ runId: null }, 8)).toEqual([GONE]);
    expect(proofs({}, null)).toEqual([END, GONE]);
    expect([proofs({ runId: null }, 7), proofs({ runId: null, lock: null }, null)]).toEqual([[], []]);
  });
});

describe("the answer to a real message", () => {
  const text = { text: "yes" };
  const said = (payload: object, event = "chat") => {
    const gateway = new FakeGateway();
    gateway.does.set("chat.send", () => {
      setTimeout(() => gateway.tell(event, payload));
      return { status: "started" };
    });
    return probe(gateway, "main", "hello", "token", 40);
  };
  const SILENT = { outcome: "silent", detail: "no answer within 0 s" };
  const ANSWERED = { outcome: "answered", detail: "answered" };

  test.each<[string, object, object]>([
    ["words", { message: text }, ANSWERED],
    ["words as content", { message: { content: "yes" } }, ANSWERED],
    ["words in parts", { message: { content: [{ type: "image" }, { type: "text", text: "yes" }] } }, ANSWERED],
    ["no message", {}, SILENT],
    ["a message that is none", { message: "yes" }, SILENT],
    ["an empty one", { message: { text: "" } }, SILENT],
    ["one of blanks", { message: { text: "  ", content: " " } }, SILENT],
    ["parts without words", { message: { content: [{ text: " " }, { text: 7 }, "yes"] } }, SILENT],
    ["what is not final", { state: "delta", message: text }, SILENT],
    ["another message's", { runId: "other", message: text }, SILENT],
    ["an error", { state: "error", message: text }, { outcome: "unknown", detail: "it ended in an error" }],
    ["an abort", { state: "aborted", message: text }, { outcome: "unknown", detail: "it was aborted" }],
  ])("%s", async (_, payload, answer) => {
    expect(await said({ runId: "token", state: "final", ...payload })).toEqual(answer);
  });

  test("is none of another event", async () => {
    expect(await said({ runId: "token", state: "final", message: text }, "agent")).toEqual(SILENT);
  });

  test.each<[string, Parameters<typeof failing>, object]>([
    ["was not sent", ["closed", false], { outcome: "unknown", detail: "not sent: the gateway said closed" }],
    ["was refused", ["rejected", true], { outcome: "unknown", detail: "not taken: the gateway said rejected" }],
    [
      "was not allowed",
      ["missing-scope", true],
      { outcome: "unknown", detail: "not taken: the gateway said missing-scope" },
    ],
    [
      "may not have arrived",
      ["timeout", true],
      { outcome: "unknown", detail: "no answer within 0 s, and no sign that it arrived" },
    ],
  ])("to one that %s", async (_, how, answer) => {
    const gateway = new FakeGateway();
    gateway.does.set("chat.send", failing(...how));
    expect(await probe(gateway, "main", "hello", "token", 40)).toEqual(answer);
  });

  test("cannot be heard through a command that ends at once", () => {
    const gateway = new FakeGateway();
    expect(canProbe(gateway)).toBe(true);
    expect(canProbe(Object.assign(gateway, { identity: "openclaw gateway call" }))).toBe(false);
  });

  test("to a bug of ours is an error", async () => {
    const gateway = new FakeGateway();
    gateway.does.set("chat.send", () => {
      throw new TypeError("a bug");
    });
    await expect(probe(gateway, "main", "hello", "token", 40)).rejects.toThrow("a bug");
  });
});
