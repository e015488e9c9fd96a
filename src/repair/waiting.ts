import type { RepairWorld } from "./apply.ts";
import { resultOf } from "./apply.ts";
import { judge, NO_FACTS } from "./facts.ts";
import type { ResetResult, Target } from "./model.ts";
import type { Observer } from "./observe.ts";

const POLL_MS = 250;

/**
 * A session that waited for a place in a full lane: nothing is sent to it, it
 * is only looked whether its turn came once the others were freed.
 * @param settleMs milliseconds that this may take
 */
export async function watchWaiting(
  target: Target,
  observer: Observer,
  world: Pick<RepairWorld, "now" | "sleep" | "isInterrupted">,
  settleMs: number,
): Promise<ResetResult> {
  const began = world.now();
  for (;;) {
    const { facts } = await observer.look();
    const now = world.now();
    const { state, evidence } = judge(NO_FACTS, facts, target, now);
    const isOver = now - began >= settleMs || world.isInterrupted();
    if (state === "free" || isOver) {
      const detail = state === "free" ? "its turn came" : "its turn has not come yet";
      const step = { action: "verify", ok: state === "free", detail, ms: now - began };
      const outcome = state === "free" ? "restored" : state === "held" ? "ineffective" : "unverified";
      return resultOf({ target }, [step], outcome, evidence);
    }
    await world.sleep(POLL_MS);
  }
}
