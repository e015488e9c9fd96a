/** What the page gets: packed by the reporter, unpacked by the page's script. A run is a tuple, since there are many. */
import type { Finding, Verdict } from "../../model.ts";
import type { Bar, Picture, Row } from "../picture/model.ts";

export interface PageData {
  /** `clawdbot-sessions 1.2.3` */
  readonly tool: string;
  readonly verdict: Verdict;
  readonly label: string;
  readonly sentences: readonly string[];
  /** How much was read, in one line. */
  readonly read: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly picture: Picture | null;
  readonly findings: readonly Finding[];
}

type PackedBar = readonly [
  runId: string,
  flags: number,
  sessionId: number,
  state: number,
  cause: number,
  confidence: number,
  queuedAt: number | null,
  from: number,
  to: number,
  silentTo: number | null,
  track: number,
  attempts: number,
  model: number,
  channel: number,
  gateway: number,
  path: number,
  line: number,
];

export interface PackedData extends Omit<PageData, "picture"> {
  readonly picture: (Omit<Picture, "rows"> & { readonly rows: readonly PackedRow[] }) | null;
  /** What the numbers in the tuples stand for; the first one for null. */
  readonly strings: readonly string[];
}

type PackedRow = Omit<Row, "bars"> & { readonly bars: readonly PackedBar[] };

const TRUNCATED = 1;
const START_UNSEEN = 2;
const GOES_ON = 4;

export function packData(data: PageData): PackedData {
  const numbers = new Map<string | null, number>([[null, 0]]);
  const number = (text: string | null): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  };
  const { picture } = data;
  const packed = picture && {
    ...picture,
    rows: picture.rows.map((row) => ({ ...row, bars: row.bars.map((bar) => packBar(bar, number)) })),
  };
  return { ...data, picture: packed, strings: [...numbers.keys()].map((it) => it ?? "") };
}

function packBar(bar: Bar, number: (text: string | null) => number): PackedBar {
  const flags = (bar.truncatedId ? TRUNCATED : 0) | (bar.startUnseen ? START_UNSEEN : 0) | (bar.goesOn ? GOES_ON : 0);
  return [
    bar.runId,
    flags,
    number(bar.sessionId),
    number(bar.state),
    number(bar.cause),
    number(bar.confidence),
    bar.queuedAt,
    bar.from,
    bar.to,
    bar.silentTo,
    bar.track,
    bar.attempts,
    number(bar.model),
    number(bar.channel),
    bar.gateway,
    number(bar.path),
    bar.line,
  ];
}

export function unpackData({ strings, ...data }: PackedData): PageData {
  const text = (number: number): string | null => (number === 0 ? null : (strings[number] ?? ""));
  const { picture } = data;
  return {
    ...data,
    picture: picture && {
      ...picture,
      rows: picture.rows.map((row) => ({ ...row, bars: row.bars.map((bar) => unpackBar(bar, text)) })),
    },
  };
}

function unpackBar(bar: PackedBar, text: (number: number) => string | null): Bar {
  const [runId, flags, sessionId, state, cause, confidence, queuedAt, from, to, silentTo, track, attempts, ...rest] =
    bar;
  const [model, channel, gateway, path, line] = rest;
  return {
    runId,
    truncatedId: (flags & TRUNCATED) !== 0,
    sessionId: text(sessionId),
    state: text(state) as Bar["state"],
    cause: text(cause) as Bar["cause"],
    confidence: text(confidence) as Bar["confidence"],
    queuedAt,
    from,
    to,
    silentTo,
    startUnseen: (flags & START_UNSEEN) !== 0,
    goesOn: (flags & GOES_ON) !== 0,
    track,
    attempts,
    model: text(model),
    channel: text(channel),
    gateway,
    path: text(path) ?? "",
    line,
  };
}
