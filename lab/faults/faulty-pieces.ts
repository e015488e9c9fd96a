/** What is sent in a piece's place. */
import { binaryFrame, closeFrame, textFrame, type Piece } from "./frames.ts";
import type { AnswerFault } from "./schedule.ts";

interface FaultyPieces {
  readonly bytes: readonly Buffer[];
  /** The connection ends with them. */
  readonly isLast: boolean;
}

export function faultyPieces(fault: AnswerFault, piece: Piece): FaultyPieces {
  const going = (...bytes: Buffer[]): FaultyPieces => ({ bytes, isLast: false });
  const text = piece.text ?? "";
  switch (fault.what) {
    case "garbage-bytes":
      // Reserved bits and a reserved opcode: no frame, and no HTTP.
      return going(Buffer.from([0xff, 0x7f, 0x00, 0xfe, 0x0a, 0x0d]));
    case "close":
      return { bytes: [closeFrame(fault.code, "gone")], isLast: true };
    case "twice":
      return going(piece.bytes, piece.bytes);
    case "garbage-frame":
      return going(textFrame(fault.text));
    case "binary":
      return going(binaryFrame(Buffer.from(text)));
    case "truncated-json":
      return going(textFrame(text.slice(0, Math.floor(text.length * fault.share))));
    case "mistyped":
      return going(textFrame(mistyped(text, fault.pick)));
    case "stray-answer":
      return going(
        textFrame(JSON.stringify({ type: "res", id: fault.id, ok: true, payload: { ok: true } })),
        piece.bytes,
      );
    case "huge":
      return going(hugeEvent(fault.bytes), piece.bytes);
    default:
      return going(piece.bytes);
  }
}

let made: { readonly bytes: number; readonly frame: Buffer } | undefined;

/** Kept, as it takes a while to make. */
function hugeEvent(bytes: number): Buffer {
  if (made?.bytes !== bytes) {
    const empty = JSON.stringify({ type: "event", event: "health", payload: "" });
    const text = empty.replace('""', `"${"x".repeat(Math.max(0, bytes - empty.length))}"`);
    made = { bytes, frame: textFrame(text) };
  }
  return made.frame;
}

/** Every type that JSON has. */
const OTHERS: readonly unknown[] = [null, true, 7, -1, 1e300, "x", "", [], [null], {}, { x: 1 }];

/** One value of the text's JSON with another type; the text as it is where it is no JSON. */
function mistyped(text: string, pick: number): string {
  let root: unknown;
  try {
    root = { root: JSON.parse(text) as unknown };
  } catch {
    return text;
  }
  const places = placesIn(root);
  const place = places[pick % places.length];
  if (!place) return text;
  const { parent, key } = place;
  const others = OTHERS.filter((it) => kindOf(it) !== kindOf(parent[key]));
  parent[key] = others[Math.floor(pick / places.length) % others.length];
  return JSON.stringify((root as { root: unknown }).root);
}

interface SpotInJson {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): SpotInJson[] {
  if (typeof value !== "object" || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])]);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
