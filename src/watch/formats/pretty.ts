import { Chalk, type ChalkInstance } from "chalk";

import { escapeTerminal } from "../../escape.ts";
import type { Outcome } from "../../model.ts";
import { type TimeZone, wallTime } from "../../wall-clock.ts";
import { countText, shortId, spanText } from "../../words.ts";
import type { BlockedEvent, FreeEvent, HealEvent, LifeEvent, StateEvent, WatchEvent } from "../events.ts";
import type { WatchFormat } from "./format.ts";

type Paint = (chalk: ChalkInstance) => (text: string) => string;

const red: Paint = (chalk) => chalk.red.bold;
const green: Paint = (chalk) => chalk.green.bold;
const yellow: Paint = (chalk) => chalk.yellow.bold;
const plain: Paint = (chalk) => chalk.bold;

interface Line {
  readonly label: string;
  readonly paint: Paint;
  /** Not escaped yet. */
  readonly text: string;
}

/** For a person, or a service's journal: date and time here, what happened, to whom, why. */
export const pretty: WatchFormat = {
  name: "pretty",
  description: "a line for a person",
  render(event, { timeZone, colorLevel }) {
    const { label, paint, text } = lineOf(event);
    const gateway = "gateway" in event && event.gateway !== null ? ` [${event.gateway}]` : "";
    const painted = paint(new Chalk({ level: colorLevel }))(label);
    return `${stamp(event.time, timeZone)}  ${painted}${escapeTerminal(`${gateway}  ${text}`)}\n`;
  },
};

function lineOf(event: WatchEvent): Line {
  switch (event.event) {
    case "state":
      return stateLine(event);
    case "blocked":
    case "stalled":
      return { label: event.event.toUpperCase(), paint: red, text: blockedText(event) };
    case "free":
      return { label: "FREE", paint: green, text: freeText(event) };
    case "gateway-restarted":
    case "gateway-crashed":
    case "gateway-stopped":
    case "gateway-started":
      return lifeLine(event);
    case "heal":
      return healLine(event);
    case "lines-lost":
      return { label: "LINES LOST", paint: yellow, text: event.detail };
    case "gateway-unreachable":
      return { label: "UNREACHABLE", paint: yellow, text: event.detail };
    case "gateway-reachable":
      return { label: "REACHABLE", paint: plain, text: event.detail };
  }
}

const NAMED = 3;

function stateLine({ sources, blocked, stalled, busy, showsRuns, help }: StateEvent): Line {
  const [only] = sources;
  const where = sources.length === 1 && only !== undefined ? only : countText(sources.length, "log");
  if (!showsRuns && help !== null) {
    return { label: "CAN'T TELL", paint: yellow, text: `watching ${where}, which shows no runs so far. ${help}` };
  }
  if (sources.length === 0) return { label: "WATCHING", paint: plain, text: "no log is there yet" };
  const held = [...blocked, ...stalled];
  if (held.length === 0) {
    const free = showsRuns ? "nothing is blocked" : "no line of a gateway yet";
    return { label: "WATCHING", paint: plain, text: `${where}: ${free}${busy > 0 ? `, ${busy} busy` : ""}` };
  }
  const names = held.slice(0, NAMED).join(", ") + (held.length > NAMED ? ` and ${held.length - NAMED} more` : "");
  return {
    label: "WATCHING",
    paint: plain,
    text: `${where}: ${countText(held.length, "session")} without answers: ${names}`,
  };
}

function blockedText({ finding, confidence }: BlockedEvent): string {
  return `${finding.message} (${confidence} confidence)`;
}

const FREE_TEXT: Readonly<Record<FreeEvent["reason"], string>> = {
  "run-ended": "its run ended",
  "run-alive": "its run shows life, it was only slow",
  "gateway-gone": "the gateway's process ended, and its lanes with it",
  released: "nothing holds it any more",
};

function freeText({ sessionKey, blockedMs, reason, runState, runId }: FreeEvent): string {
  const run = runId === null ? "its run" : `run ${shortId(runId)}`;
  const why = reason === "run-ended" && runState !== null ? `${run} ended (${runState})` : FREE_TEXT[reason];
  return `session ${sessionKey} is free after ${spanText(blockedMs)}: ${why}`;
}

function lifeLine({ event, pid, sameProcess }: LifeEvent): Line {
  const who = pid === null ? "" : `, PID ${pid}`;
  switch (event) {
    case "gateway-restarted": {
      const how = sameProcess ? "in the same process" : "into a new process";
      return { label: "RESTARTED", paint: yellow, text: `the gateway restarted ${how}${who}` };
    }
    case "gateway-crashed":
      return { label: "CRASHED", paint: yellow, text: `the gateway's process died, and a new one is up${who}` };
    case "gateway-stopped":
      return { label: "STOPPED", paint: yellow, text: "the gateway shuts down" };
    case "gateway-started":
      return { label: "STARTED", paint: plain, text: `the gateway is up${who}` };
  }
}

const HEAL_LABEL: Readonly<Record<Outcome, string>> = {
  restored: "HEALED",
  "already-free": "FREE BY ITSELF",
  planned: "WOULD HEAL",
  unverified: "HEAL UNVERIFIED",
  ineffective: "HEAL FAILED",
  failed: "HEAL FAILED",
  refused: "NOT HEALED",
  declined: "NOT HEALED",
  "not-found": "NOT HEALED",
  ambiguous: "NOT HEALED",
};

function healLine({ sessionKey, outcome, detail, next }: HealEvent): Line {
  const good = outcome === "restored" || outcome === "already-free";
  const paint = good ? green : outcome === "planned" ? yellow : red;
  const hint = next === null ? "" : `; next: ${next}`;
  return { label: HEAL_LABEL[outcome], paint, text: `session ${sessionKey}: ${detail}${hint}` };
}

function stamp(ms: number, timeZone: TimeZone): string {
  return new Date(wallTime(ms, timeZone)).toISOString().slice(0, 19).replace("T", " ");
}
