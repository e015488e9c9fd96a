/**
 * What befalls a connection, as data: which direction, at which piece (the HTTP
 * head is piece 0, then each frame is one), what. A new fault is a line here, a
 * line in proxy.ts and one in arbitrary.ts.
 */

export type Direction = "to-gateway" | "to-us";

/** What can happen to requests. None is ever doubled or changed: TCP does neither, and a broken frame reaches no gateway. */
export type RequestFault =
  | { readonly what: "delay"; readonly ms: number }
  /** The connection breaks off after so many bytes of the piece; `all`: after the whole of it. */
  | { readonly what: "cut"; readonly after: number | "all"; readonly how: "end" | "reset" }
  /** Bytes that are no frame, instead of the piece. */
  | { readonly what: "garbage-bytes" }
  /** Nothing gets through in this direction any more, and nobody is told. */
  | { readonly what: "silence" }
  /** The same in both directions: the peer is gone, the connection is not. */
  | { readonly what: "half-open" };

/** What can happen to what the gateway sends. */
export type AnswerFault =
  | RequestFault
  /** A clean good-bye of the gateway instead of the piece. */
  | { readonly what: "close"; readonly code: number }
  | { readonly what: "twice" }
  /** It comes after the next piece, or a while later where none comes. */
  | { readonly what: "later" }
  /** Text instead of the piece that is no frame of a gateway. */
  | { readonly what: "garbage-frame"; readonly text: string }
  | { readonly what: "binary" }
  /** The frame is whole, the JSON in it is not. */
  | { readonly what: "truncated-json"; readonly share: number }
  /** One value in the JSON has another type; `pick` chooses which, and what it becomes. */
  | { readonly what: "mistyped"; readonly pick: number }
  /** Before the piece an answer to a question that nobody asked. */
  | { readonly what: "stray-answer"; readonly id: string }
  /** Before the piece an event of so many bytes. */
  | { readonly what: "huge"; readonly bytes: number };

/** A number of a piece; `step`: the first request that may change something, or the answer to it. */
export type Place = number | "step";

export type Befall =
  | { readonly direction: "to-gateway"; readonly at: Place; readonly fault: RequestFault }
  | { readonly direction: "to-us"; readonly at: Place; readonly fault: AnswerFault };

/** Over one call of the tool; the pieces of all its connections count on. */
export type Schedule = readonly Befall[];

const LONGEST_DETAIL = 40;

export function scheduleText(schedule: Schedule): string {
  return schedule.map(befallText).join("; ") || "no fault";
}

function befallText({ direction, at, fault }: Befall): string {
  const { what, ...more } = fault;
  const details = Object.values(more).map((value) => JSON.stringify(value).slice(0, LONGEST_DETAIL));
  return `${[what, ...details].join(" ")} ${direction} at ${at}`;
}
