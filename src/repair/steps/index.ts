/** The steps that can free a session: a new one is a file of its own, a line here, and a place in the capability table. */
import { chatAbort } from "./chat-abort.ts";
import { sessionsAbort } from "./sessions-abort.ts";
import { sessionsReset } from "./sessions-reset.ts";
import type { RepairStep } from "./step.ts";
import { stopCommand } from "./stop-command.ts";

export const STEP_NAMES = ["chat-abort", "stop-command", "sessions-abort", "sessions-reset"] as const;
export type StepName = (typeof STEP_NAMES)[number];

export const STEPS: Readonly<Record<StepName, RepairStep>> = {
  "chat-abort": chatAbort,
  "stop-command": stopCommand,
  "sessions-abort": sessionsAbort,
  "sessions-reset": sessionsReset,
};
