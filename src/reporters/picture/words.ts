import { spanText } from "../../words.ts";
import type { Picture, Row } from "./model.ts";

/** `blocked 13 min, 2+ wait`: how a session is at the end; nothing for one that is free. */
export function heldText({ state, heldSince, waitingAtLeast }: Row, { to }: Pick<Picture, "to">): string {
  if (state !== "blocked" && state !== "busy") return "";
  const held = heldSince === null || heldSince > to ? "" : ` ${spanText(rounded(to - heldSince))}`;
  return `${state}${held}${waitingAtLeast > 0 ? `, ${waitingAtLeast}+ wait` : ""}`;
}

/** To the minute, from a minute on. */
function rounded(ms: number): number {
  return ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000;
}
