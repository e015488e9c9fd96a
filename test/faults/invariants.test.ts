/** What must be true of a repair is missed where it is not so. */
import { expect, test } from "vitest";

import { violations, type Call, type History } from "../../lab/faults/invariants.ts";
import type { Request } from "../../lab/faults/requests.ts";
import type { Outcome } from "../../src/model.ts";
import { KEYS } from "./served-gateway.ts";

const STOP: Request = { id: "9", method: "chat.send", params: { sessionKey: "main", message: "/stop:", idempotencyKey: "a" } }; // prettier-ignore
const FOREIGN: Request = { id: "9", method: "chat.abort", params: { sessionKey: "room" } };
const PROBE: Request = { id: "9", method: "chat.send", params: { sessionKey: "main", message: "Are you there?" } };
const SEND = '{"v":1,"repair":"r","event":"send","step":"stop-command"}\n';
const NOT_SENT = '{"v":1,"repair":"r","event":"reply","step":"stop-command","result":"not-sent"}\n';

function call(outcome: Outcome, more: Partial<Call> = {}): Call {
  const exitCode = outcome === "restored" || outcome === "already-free" ? 0 : 1;
  const evidence = outcome === "restored" ? [{ time: null, text: "run done", source: "a log" }] : [];
  return {
    exitCode,
    out: "",
    err: "",
    report: {
      schemaVersion: 1,
      ok: exitCode === 0,
      gateway: { url: "ws://127.0.0.1:1" },
      results: [{ id: "main", before: "blocked", steps: [], outcome, evidence, lost: { runs: 0, messagesAtLeast: 0 } }],
    },
    arrived: outcome === "restored" || outcome === "ineffective" ? [STOP] : [],
    free: exitCode === 0 ? KEYS : new Set(),
    force: false,
    ...more,
  };
}

const history = (calls: readonly Call[], more: Partial<History> = {}): History => ({
  keys: KEYS,
  calls,
  journal: SEND,
  cuts: 0,
  ...more,
});

test.each<[string, History]>([
  ["restored", history([call("restored")])],
  ["free by itself", history([call("already-free")], { journal: "" })],
  ["unverified, and nothing sent by the next call", history([call("unverified", { arrived: [STOP] }), call("ineffective", { arrived: [] })])], // prettier-ignore
  ["ineffective, and another try later", history([call("ineffective"), call("ineffective")])],
  ["failed after a step that did not help", history([call("failed", { arrived: [STOP] })])],
  ["forced", history([call("unverified", { arrived: [STOP] }), call("restored", { force: true })])],
  ["cut in the middle of a line", history([call("restored")], { journal: `${SEND}{"v":1,"rep\n${SEND}`, cuts: 1 })],
])("nothing is wrong with: %s", (_, it) => {
  expect(violations(it)).toEqual([]);
});

test.each<[string, History, string]>([
  ["restored, and held", history([call("restored", { free: new Set() })]), "restored: it is held"],
  ["restored by nothing", history([call("restored", { arrived: [] })]), "no step ever arrived"],
  ["already free, and held", history([call("already-free", { free: new Set() })]), "already-free: it is held"],
  ["ineffective, and free", history([call("ineffective", { free: KEYS })]), "ineffective: it is free"],
  [
    "failed, and free",
    history([call("failed", { arrived: [STOP], free: KEYS })]),
    "failed: it is free, and chat.send arrived",
  ],
  ["refused, and something arrived", history([call("refused", { arrived: [STOP] })]), "refused: chat.send arrived"],
  ["exit 2, and something arrived", history([call("unverified", { exitCode: 2, arrived: [PROBE] })]), "exit 2"],
  ["exit 0, and held", history([call("unverified", { exitCode: 0 })]), "exit 0, and main is still held"],
  ["exit 0 without a report", history([call("restored", { report: undefined })]), "without a report"],
  ["a bug", history([call("unverified", { exitCode: 70, err: "TypeError\n    at x (y.js:1:2)" })]), "a stack trace"],
  ["no end", history([call("unverified", { exitCode: null })]), "did not end"],
  ["another session", history([call("ineffective", { arrived: [FOREIGN] })]), "for room, which nobody named"],
  ["twice in one call", history([call("ineffective", { arrived: [STOP, { ...STOP, id: "10" }] })]), "sent twice"],
  ["twice in two", history([call("unverified", { arrived: [STOP] }), call("restored")]), "sent twice"],
  ["not written down", history([call("restored")], { journal: "" }), "is not written down"],
  ["written down as not sent", history([call("restored")], { journal: SEND + NOT_SENT }), "as not sent"],
  ["a torn line", history([call("restored")], { journal: `${SEND}{"v":1,"rep` }), "torn"],
  [
    "a line that was swallowed",
    history([call("restored")], { journal: `{"v":1,"rep${SEND}${SEND}`, cuts: 1 }),
    "swallowed the next one",
  ],
  ["a strange line", history([call("restored")], { journal: `${SEND}what?\n`, cuts: 1 }), "a line that is none"],
])("it is seen: %s", (_, it, what) => {
  expect(violations(it).join("; ")).toContain(what);
});
