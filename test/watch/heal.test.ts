import { expect, test } from "vitest";

import type { JournalEntry } from "../../src/repair/journal.ts";
import { journalActs } from "../../src/watch-heal.ts";

const entry = (repair: string, event: JournalEntry["event"], more: Partial<JournalEntry> = {}): JournalEntry => ({
  v: 1,
  time: "2026-01-28T08:00:00.000Z",
  repair,
  event,
  who: "me@here",
  pid: 1,
  gateway: "ws://127.0.0.1:18789",
  session: "agent:main:main",
  ...more,
});
const WHY = { reason: "watch --heal: blocked for 1 min" };

test("acts are counted from the journal: those of a watch, that sent something, one a repair", () => {
  const acts = journalActs([
    entry("a", "begin", WHY),
    entry("a", "send", { step: "stop-command" }),
    entry("a", "send", { step: "chat-abort", time: "2026-01-28T08:00:10.000Z" }),
    entry("a", "end", { outcome: "restored", time: "2026-01-28T08:00:20.000Z" }),
    entry("by hand", "begin", { reason: "because" }),
    entry("by hand", "send", { step: "stop-command" }),
    entry("without a reason", "begin"),
    entry("without a reason", "send", { step: "stop-command" }),
    entry("sent nothing", "begin", WHY),
    entry("sent nothing", "end", { outcome: "already-free" }),
  ]);
  expect(acts).toEqual([{ session: "agent:main:main", at: Date.parse("2026-01-28T08:00:10Z"), sent: true }]);
});
