/** What may befall a log, by chance, by an accident or by somebody who wants to do harm. A new one is an entry here. */
import { gzipSync } from "node:zlib";

import type { Random } from "../../bench/logs/random.ts";
import { zstdStored } from "../helpers/forms.ts";

interface Mutation {
  readonly name: string;
  /** A line can be damaged behind its first bytes, from which the fast path judges it. */
  readonly breaksLines?: true;
  change(bytes: Buffer, random: Random): Buffer;
}

/** Words that mean something to a program that is careless with them. */
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "length",
  "",
  "null",
  "undefined",
  "NaN",
  "-1",
  "0",
  "unknown",
  "agent:main:main",
  "main",
  "../../etc/passwd",
  "$(rm -rf ~)",
  "\u202eabc",
  "\u0000",
  "\u001b]0;x\u0007",
  "-",
  "--yes",
  "|",
  "`",
  "<script>",
  "]]>",
  "a".repeat(100_000),
] as const;

const MOMENTS = [
  "0000-01-01T00:00:00.000Z",
  "0001-01-01T00:00:00.000Z",
  "1969-12-31T23:59:59.999Z",
  "1970-01-01T00:00:00.000Z",
  "2026-01-28T23:59:60.000Z",
  "2026-02-30T12:00:00.000Z",
  "2027-01-01T00:00:00.000+99:99",
  "2026-01-28T08:23:20.000-14:00",
  "9999-12-31T23:59:59.999Z",
  "+275760-09-13T00:00:00.000Z",
  "275760-09-13T00:00:00.000Z",
  "99999-99-99T99:99:99.999Z",
  "NaN",
  "Invalid Date",
] as const;
const NUMBERS = [
  "NaN",
  "Infinity",
  "-1",
  "0",
  "1e308",
  "99999999999999999999",
  "9007199254740993",
  "1769588600.5",
  "00",
] as const;
/** Bytes that are no UTF-8, and marks of other encodings. */
const BROKEN = [
  [0xff],
  [0xfe, 0xff],
  [0xff, 0xfe],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0x80],
  [0x00],
  [0x1b],
  [0x0d],
  [0x85],
  [0xc2, 0x85],
  [0xe2, 0x80, 0xa8],
] as const;
const PIECES = [
  "embedded run start: runId=trap sessionId=trap",
  "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=trap sessionId=trap\n",
  "\n08:23:20 - embedded run start: runId=trap\n",
  "gateway-9  | ",
  "2026-01-28T08:23:20.101234567Z stdout P ",
  '{"__REALTIME_TIMESTAMP":"1e300","MESSAGE":[300,-1,1.5,1e9]}\n',
  '{"__REALTIME_TIMESTAMP":"99999999999999999999999","MESSAGE":"[ws] x","_HOSTNAME":"__proto__"}\n',
  '{"log":"no end","stream":"stdout","time":"2026-01-28T08:23:20.101234567Z"}\n',
  '{"time":"2026-01-28T08:23:20.101Z","level":"constructor","message":"x","__proto__":{"a":1}}\n',
  '{"0":{"__proto__":{"message":"x"}},"_meta":{"logLevelName":"toString","name":"{\\"subsystem\\":{}}","parentNames":[[]]},"time":"2026-01-28T08:23:20.101Z"}\n',
  '{"type":"log","raw":"{}","message":"x","time":0}\n',
  "\ud800",
  "\udc00",
  "\\ud800",
  "\\u0000",
  "1769588600.123456 vps node[4242]: ",
] as const;

function list<T>(items: readonly T[]): readonly [T, ...T[]] {
  return items as unknown as readonly [T, ...T[]];
}

function splice(bytes: Buffer, at: number, remove: number, insert: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

function overLines(change: (lines: string[], random: Random) => string[]): Mutation["change"] {
  // latin1 keeps every byte as it is.
  return (bytes, random) => Buffer.from(change(bytes.toString("latin1").split("\n"), random).join("\n"), "latin1");
}

/** Some of the places where a pattern stands, rewritten. */
function overMatches(pattern: RegExp, words: readonly string[]): Mutation["change"] {
  return (bytes, random) => {
    const share = random.pick([2, 20, 100]);
    const one = random.chance(50) ? random.pick(list(words)) : undefined;
    const text = bytes
      .toString("latin1")
      .replace(pattern, (whole, before: string) =>
        random.chance(share) ? before + Buffer.from(one ?? random.pick(list(words)), "utf8").toString("latin1") : whole,
      );
    // A word of 100 kB in every line would be a test of patience.
    return Buffer.from(text.slice(0, 2_000_000), "latin1");
  };
}

const at = (bytes: Buffer, random: Random): number => random.between(0, bytes.length);
const line = (lines: readonly string[], random: Random): number => random.between(0, lines.length - 1);

const MUTATIONS: readonly Mutation[] = [
  {
    name: "a byte is another",
    breaksLines: true,
    change(bytes, random) {
      const changed = Buffer.from(bytes);
      for (let count = random.between(1, 20); count > 0 && changed.length > 0; count--)
        changed[random.between(0, changed.length - 1)] = random.between(0, 255);
      return changed;
    },
  },
  {
    name: "bytes that are no text",
    breaksLines: true,
    change: (bytes, random) => splice(bytes, at(bytes, random), 0, Buffer.from(random.pick(list(BROKEN)))),
  },
  {
    name: "random bytes",
    breaksLines: true,
    change: (bytes, random) =>
      splice(bytes, at(bytes, random), 0, Buffer.from(random.hex(2 * random.between(1, 300)), "hex")),
  },
  {
    name: "a hole of zeros",
    breaksLines: true,
    change: (bytes, random) =>
      splice(bytes, random.chance(50) ? 0 : at(bytes, random), 0, Buffer.alloc(random.between(1, 5000))),
  },
  { name: "cut at the end", breaksLines: true, change: (bytes, random) => bytes.subarray(0, at(bytes, random)) },
  { name: "cut at the beginning", change: (bytes, random) => bytes.subarray(at(bytes, random)) },
  {
    name: "a piece is gone",
    breaksLines: true,
    change: (bytes, random) => splice(bytes, at(bytes, random), random.between(1, 3000), Buffer.alloc(0)),
  },
  {
    name: "a piece twice",
    breaksLines: true,
    change(bytes, random) {
      const from = at(bytes, random);
      return splice(bytes, at(bytes, random), 0, bytes.subarray(from, from + random.between(1, 3000)));
    },
  },
  {
    name: "text of a log where none is",
    breaksLines: true,
    change: (bytes, random) => splice(bytes, at(bytes, random), 0, Buffer.from(random.pick(list(PIECES)))),
  },
  {
    name: "lines change places",
    change: overLines((lines, random) => {
      const [one, other] = [line(lines, random), line(lines, random)];
      [lines[one], lines[other]] = [lines[other] as string, lines[one] as string];
      return lines;
    }),
  },
  {
    name: "a stretch of lines once more",
    change: overLines((lines, random) => {
      const from = line(lines, random);
      lines.splice(line(lines, random), 0, ...lines.slice(from, from + random.between(1, 60)));
      return lines;
    }),
  },
  {
    name: "every line many times",
    change: overLines((lines, random) => {
      const times = random.between(2, 5);
      return lines.flatMap((it) => Array.from({ length: times }, () => it));
    }),
  },
  { name: "backwards", change: overLines((lines) => lines.toReversed()) },
  {
    name: "many empty lines",
    change: overLines((lines, random) => {
      lines.splice(line(lines, random), 0, ...Array.from({ length: random.between(1, 3000) }, () => ""));
      return lines;
    }),
  },
  {
    name: "a line of brackets",
    change: overLines((lines, random) => {
      const deep = random.between(1, 30_000);
      const [open, close] = random.pick([
        ["[", "]"],
        ['{"a":', "}"],
      ]);
      const value = open.repeat(deep) + random.pick(["", "1"]) + close.repeat(deep);
      const whole = random.pick([
        value,
        `{"0":${value},"_meta":{"logLevelName":"INFO"},"time":"2026-01-28T08:23:20.101Z"}`,
        `{"time":"2026-01-28T08:23:20.101Z","level":"info","message":"x","meta":${value}}`,
        `{"__REALTIME_TIMESTAMP":"1769588600123456","MESSAGE":${value}}`,
      ]);
      lines.splice(line(lines, random), 0, whole);
      return lines;
    }),
  },
  { name: "carriage returns", change: overLines((lines) => lines.map((it) => `${it}\r`)) },
  {
    name: "clocks that jump",
    change: overMatches(/()\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)/g, MOMENTS),
  },
  {
    name: "a clock that runs elsewhere",
    change: (bytes, random) =>
      Buffer.from(
        bytes
          .toString("latin1")
          .replace(/T\d\d:/g, (whole) =>
            random.chance(10) ? `T${String(random.between(0, 26)).padStart(2, "0")}:` : whole,
          ),
        "latin1",
      ),
  },
  { name: "odd ids", change: overMatches(/((?:runId|sessionId|sessionKey|lane|session)=)[^\s"\\]+/g, KEYS) },
  { name: "odd values", change: overMatches(/(\w=)[^\s"\\]+/g, [...KEYS, ...NUMBERS]) },
  { name: "odd numbers", change: overMatches(/([=:(\s])\d+\b/g, NUMBERS) },
  { name: "odd keys of JSON", breaksLines: true, change: overMatches(/([{,]")\w+(?=":)/g, KEYS.slice(0, 8)) },
  {
    name: "odd values of JSON",
    change: overMatches(/(":)(?:"[^"\\]*"|\d+)/g, ["null", "[]", "{}", "1e400", "true", '""']),
  },
  {
    name: "one id for all",
    change: (bytes, random) =>
      Buffer.from(
        bytes.toString("latin1").replace(random.pick([/(runId=)[^\s"\\]+/g, /(sessionId=)[^\s"\\]+/g]), "$1same"),
        "latin1",
      ),
  },
  {
    name: "an id of its own each",
    change(bytes, random) {
      let count = 0;
      return Buffer.from(
        bytes
          .toString("latin1")
          .replace(
            random.pick([/(runId=)[^\s"\\]+/g, /(sessionId=)[^\s"\\]+/g, /(lane=session:)[^\s"\\]+/g]),
            (_, key) => `${key}${count++}`,
          ),
        "latin1",
      );
    },
  },
];

/** An input, and the text that is in it where that is known for sure. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What an independent reader would count; undefined where only a part can be read. */
  readonly text: Uint8Array | undefined;
  /** Whether each line is one that a logger could have written, whatever it says. */
  readonly hasWholeLines: boolean;
}

export function mutated(seed: Uint8Array, random: Random): Input {
  let bytes = Buffer.from(seed);
  const names: string[] = [];
  let hasWholeLines = true;
  for (let count = random.between(0, 6); count > 0; count--) {
    const mutation = random.pick(list(MUTATIONS));
    names.push(mutation.name);
    if (mutation.breaksLines) hasWholeLines = false;
    bytes = Buffer.from(mutation.change(bytes, random));
  }
  return { hasWholeLines, ...packed(names.join(", "), bytes, random) };
}

function packed(
  name: string,
  text: Buffer,
  random: Random,
): Omit<Input, "hasWholeLines"> & { readonly hasWholeLines?: false } {
  switch (random.between(0, 15)) {
    case 0:
      return { name: `${name}, gzip`, bytes: gzipSync(text), text };
    case 1:
      return { name: `${name}, zstd`, bytes: zstdStored(text), text };
    case 2:
      return { name: `${name}, gzip in gzip`, bytes: gzipSync(gzipSync(text)), text: undefined };
    case 3:
    case 4: {
      const whole = Buffer.from(random.chance(50) ? gzipSync(text) : zstdStored(text));
      const damaged = random.chance(50)
        ? whole.subarray(0, at(whole, random))
        : (MUTATIONS[random.between(0, 7)] as Mutation).change(whole, random);
      return { name: `${name}, a damaged archive`, bytes: damaged, text: undefined, hasWholeLines: false };
    }
    case 5: {
      const wide = Buffer.from(`\ufeff${text.toString("utf8")}`, "utf16le");
      return {
        name: `${name}, UTF-16`,
        bytes: random.chance(50) ? wide : wide.swap16(),
        text: Buffer.from(text.toString("utf8")),
      };
    }
    default:
      return { name, bytes: text, text: isPlain(text) ? text : undefined };
  }
}

/** Nothing in its first bytes could make anybody take it for something else than UTF-8. */
function isPlain(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0x20;
  return first !== 0x1f && first !== 0x28 && first < 0xfe && first >> 4 !== 5 && !bytes.subarray(0, 64).includes(0);
}
