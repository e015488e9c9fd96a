/** Whatever a gateway answers, `restored` is said only of a session whose run really ended. */
import fc from "fast-check";
import { expect, test } from "vitest";

import { endedLog, failing, FakeGateway, READING, wedgedLog } from "./fake-gateway.ts";
import { bench } from "./run-reset.ts";

const REACTIONS = [
  "nothing",
  "claims",
  "new-session-id",
  "ends-it",
  "ends-it-and-fails",
  "rejects",
  "not-sent",
  "goes-away",
] as const;
type Reaction = (typeof REACTIONS)[number];

const CHANGING = ["chat.send", "chat.abort", "sessions.abort", "sessions.reset"] as const;

test("never restored without evidence, and no step twice", async () => {
  const reactions = fc.record(
    Object.fromEntries(CHANGING.map((method) => [method, fc.constantFrom(...REACTIONS)])) as Record<
      (typeof CHANGING)[number],
      fc.Arbitrary<Reaction>
    >,
  );
  const versions = fc.constantFrom("2026.1.24-3", "2026.2.26", "2026.3.31", "2026.5.28", "2026.9.6", null);
  await fc.assert(
    fc.asyncProperty(reactions, versions, fc.boolean(), fc.boolean(), async (reacts, version, debug, newSession) => {
      const gateway = new FakeGateway();
      gateway.version = version;
      if (debug) wedgedLog(gateway);
      else gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", 0, "INFO");
      const it = bench(gateway);
      let isEnded = false;
      for (const method of CHANGING) {
        gateway.does.set(method, () => {
          switch (reacts[method]) {
            case "claims":
              return { ok: true, aborted: true, status: "aborted" };
            case "new-session-id":
              gateway.sessions.forEach((session) => (session.sessionId = `new-${gateway.asked.length}`));
              return { ok: true };
            case "ends-it":
            case "ends-it-and-fails":
              isEnded = true;
              endedLog(gateway, it.now);
              return reacts[method] === "ends-it" ? { ok: true } : failing("timeout", true)();
            case "rejects":
              return failing("rejected", true)();
            case "not-sent":
              return failing("closed", false)();
            case "goes-away":
              for (const reading of READING) gateway.does.set(reading, failing("timeout", true));
              return { ok: true };
            case "nothing":
              return {};
          }
        });
      }
      const { report, exitCode } = await it.reset(`main --yes --json${newSession ? " --new-session" : ""}`);
      const result = report?.results[0];
      if (result?.outcome === "restored") {
        expect(isEnded).toBe(true);
        expect(result.evidence.length).toBeGreaterThan(0);
      }
      expect(exitCode === 0).toBe(result?.outcome === "restored");
      for (const reading of READING) gateway.does.delete(reading);
      const before = gateway.changed.map(({ method, params }) => JSON.stringify([method, params]));
      expect(new Set(before).size).toBe(before.length);
      // What follows finishes it: nothing that may have arrived goes out a second time.
      if (result?.outcome !== "unverified") return;
      await it.reset("main --yes --json").catch(() => {});
      const stops = gateway.changed.filter(({ params }) => params["message"] === "/stop:");
      expect(reacts["chat.send"] === "not-sent" || stops.length <= 1).toBe(true);
    }),
    { numRuns: 300 },
  );
}, 60_000);
