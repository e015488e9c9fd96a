/**
 * How long secrets are masked and names redacted in reports as large as a hostile log can make them, each at two sizes:
 * what is linear takes twice as long for twice as much. `npm run bench:masking`
 */
import { performance } from "node:perf_hooks";

import { Masker } from "../src/mask.ts";

interface Case {
  readonly name: string;
  /** What is masked, for a size from 1 on. */
  readonly make: (size: number) => { readonly keys?: readonly string[]; readonly value: unknown };
}

const message = (key: string, run: number): string =>
  `run ${run.toString(16).padStart(8, "0")} on ${key} was cut off by a gateway restart in the same process and never ended`;
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const key = (index: number): string => `agent:main:whatsapp:+4917${String(index).padStart(8, "0")}`;
const spaced = (index: number): string => `agent:main:family chat of ${index} people`;

const CASES: readonly Case[] = [
  {
    name: "200,000 findings",
    make: (size) => ({
      value: {
        findings: times(100_000 * size, (it) => ({ message: message(key(it % 1000), it), sessionKey: key(it % 1000) })),
      },
    }),
  },
  {
    name: "100,000 sessions",
    make: (size) => ({
      value: {
        sessions: times(50_000 * size, (it) => ({
          sessionKey: key(it),
          aliases: [`x${it}`],
          state: "blocked",
          help: message(key(it), it),
        })),
      },
    }),
  },
  {
    name: "20,000 keys with spaces, each named once",
    make: (size) => ({
      value: { findings: times(10_000 * size, (it) => ({ message: message(spaced(it), it), sessionKey: spaced(it) })) },
    }),
  },
  {
    name: "200,000 keys with spaces, learned, and 100 texts",
    make: (size) => ({
      keys: times(100_000 * size, spaced),
      value: { findings: times(100, (it) => ({ message: message(spaced(it), it) })) },
    }),
  },
  {
    name: "a key of 1 MB, without spaces",
    make: (size) => {
      const long = `agent:main:${"a".repeat(500_000 * size)}`;
      return { value: { sessionKey: long, message: message(long, 1) } };
    },
  },
  {
    name: "a key of 1 MB, of words",
    make: (size) => {
      const long = `agent:main:${"a ".repeat(250_000 * size)}b`;
      return { value: { sessionKey: long, message: message(long, 1), help: "a ".repeat(250_000 * size) } };
    },
  },
  {
    name: "1 MB of opening quotation marks",
    make: (size) => ({ value: { message: `token ${"“".repeat(500_000 * size)}` } }),
  },
  { name: "a password of 1 MB", make: (size) => ({ value: { message: `password="${"\\".repeat(500_000 * size)}x` } }) },
  {
    name: "1 MB of names without a password",
    make: (size) => ({ value: { message: "password: no ".repeat(38_000 * size) } }),
  },
];

for (const { name, make } of CASES) {
  for (const redact of [false, true]) {
    const took = [1, 2].map((size) => {
      const { keys, value } = make(size);
      return Math.min(
        ...times(3, () => {
          const masker = new Masker(redact);
          const start = performance.now();
          if (keys) masker.learn(keys);
          masker.value(value);
          return performance.now() - start;
        }),
      );
    });
    const [half = 0, whole = 0] = took;
    console.log(
      `| ${name} | ${redact ? "`--redact`" : "secrets"} | ${whole.toFixed(0)} ms | ${(whole / half).toFixed(1)} |`,
    );
  }
}
