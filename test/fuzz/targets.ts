/** Where any bytes go in. A new place is an entry here: the short and the long run take it up by themselves. */
import type { Random } from "../../bench/logs/random.ts";
import { main } from "../../src/cli.ts";
import { UserError } from "../../src/errors.ts";
import { Decoder } from "../../src/formats/decode.ts";
import { ENVELOPE_FORMATS, LINE_FORMATS } from "../../src/formats/index.ts";
import { diagnose } from "../../src/index.ts";
import type { Report } from "../../src/model.ts";
import { reporters } from "../../src/reporters/index.ts";
import type { Source } from "../../src/sources/source.ts";
import { type FakeIo, fakeIo } from "../cli/fake-io.ts";
import { chunked, told } from "../helpers/both-ways.ts";
import type { Input } from "./mutations.ts";
import { assertValid, counted, Violation } from "./invariants.ts";

interface Target {
  readonly name: string;
  /** Throws where something does not hold. */
  try(input: Input, random: Random): Promise<void>;
}

const CHUNKS = [997, 4096, 65_536, 262_144] as const;

export const TARGETS: readonly Target[] = [
  {
    name: "every form, line by line",
    try(input) {
      const decoder = new Decoder({ origins: true });
      for (const line of Buffer.from(input.text ?? input.bytes)
        .toString("utf8")
        .split("\n")) {
        decoder.decode(line);
        for (const format of LINE_FORMATS) {
          const { stamp } = format.parse(line) ?? {};
          if (stamp !== undefined && !Number.isFinite(stamp.ms)) throw new Violation(`a time of ${stamp.ms}`);
          format.origin?.(line);
        }
        for (const format of ENVELOPE_FORMATS) {
          const { stamp } = format.unwrap(line) ?? {};
          if (stamp !== undefined && !Number.isFinite(stamp.ms)) throw new Violation(`a time of ${stamp.ms}`);
        }
      }
      return Promise.resolve();
    },
  },
  {
    name: "fast and line by line",
    async try(input, random) {
      const size = random.pick(CHUNKS);
      await assertSame(input, () => [chunked("x.log", input.bytes, size)]);
    },
  },
  {
    name: "two files",
    async try(input, random) {
      const half = Math.floor(input.bytes.length / 2);
      const size = random.pick(CHUNKS);
      await assertSame(input, () => [
        chunked("gateway-2026-01-28.log", input.bytes.subarray(0, half), size),
        chunked("console.log", input.bytes.subarray(Math.floor(half / 2)), size),
      ]);
    },
  },
  {
    name: "the library",
    async try(input) {
      const warnings: string[] = [];
      let report: Report;
      try {
        report = await diagnose([input.bytes], { onWarning: (message) => void warnings.push(message) });
      } catch (error) {
        if (error instanceof UserError) return;
        throw error;
      }
      const [source] = report.sources;
      if (source === undefined) throw new Violation("no source");
      if (input.text === undefined) return;
      const { bytes, lines } = counted(input.text);
      if (source.bytes !== bytes || source.lines !== lines) {
        throw new Violation(`${bytes} bytes, ${lines} lines, told: ${source.bytes}, ${source.lines}`);
      }
    },
  },
  {
    name: "doctor",
    async try(input, random) {
      const { name } = random.pick(reporters as unknown as readonly [(typeof reporters)[0]]);
      await run(["doctor", "-", "--format", name, ...someOptions(random)], input, name);
    },
  },
  {
    name: "doctor, all runs",
    async try(input, random) {
      const { name } = random.pick(reporters as unknown as readonly [(typeof reporters)[0]]);
      await run(["doctor", "-", "--all-runs", "--format", name, ...someOptions(random)], input, name);
    },
  },
  {
    name: "timeline",
    async try(input, random) {
      await run(["timeline", "-", ...random.pick([[], ["--ascii"], ["--redact"]])], input, "timeline");
    },
  },
  {
    name: "watch",
    async try(input, random) {
      const format = random.pick(["pretty", "ndjson"] as const);
      await run(["watch", "-", "--format", format], input, format);
    },
  },
];

/**
 * What is counted is the same whether lines are left unread or not; all that is
 * told of a log that is not damaged is compared in test/fast-path.test.ts. A line
 * that is damaged behind its first bytes is judged by these where lines are left
 * unread, and where clocks run backwards the lines between decide how two files
 * are merged: of such only bytes and lines must be the same.
 */
async function assertSame({ hasWholeLines }: Input, sources: () => readonly Source[]): Promise<void> {
  const [fast, reference] = await Promise.all(
    (["fast", "line by line"] as const).map((way) => figures(sources(), way, hasWholeLines)),
  );
  if (fast !== reference) throw new Violation(`fast: ${fast}, line by line: ${reference}`);
}

async function figures(
  sources: readonly Source[],
  way: "fast" | "line by line",
  hasWholeLines: boolean,
): Promise<string> {
  try {
    const { report } = (await told(sources, way)) as { report: Report };
    const counts = report.sources.map((it) => [
      it.path,
      it.bytes,
      it.lines,
      ...(hasWholeLines ? [it.candidates, it.unparsedCandidates] : []),
    ]);
    return JSON.stringify([
      counts.map((it) => JSON.stringify(it)).toSorted(),
      ...(hasWholeLines ? [report.counts.runs] : []),
    ]);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function someOptions(random: Random): readonly string[] {
  return [
    ["--redact"],
    ["-v"],
    ["-q"],
    ["--utc"],
    ["--session", "__proto__"],
    ["--run", "constructor"],
    ["--since", "2026-01-28T08:23:20Z"],
    ["--until", "2h"],
    ["--fail-on", "note"],
    ["--allow-inconclusive"],
    ["--label", "__proto__=x"],
  ].flatMap((option) => (random.chance(12) ? option : []));
}

/** The whole program, in process. */
async function run(words: readonly string[], input: Input, format: string): Promise<void> {
  const io = piped(input.bytes);
  const exitCode = await main(words, io);
  const said = `${words.join(" ")}: exit ${exitCode}, ${io.err().slice(0, 2000)}`;
  if (![0, 1, 2, 3].includes(exitCode)) throw new Violation(said);
  if (/this is a bug of|^ {4}at /m.test(io.err())) throw new Violation(said);
  if (exitCode === 2 && !io.err().startsWith("error: ")) throw new Violation(said);
  if (exitCode === 2) return;
  try {
    assertValid(format, io.out());
  } catch (error) {
    throw new Violation(`${said}\n${String(error)}`, { cause: error });
  }
}

function piped(bytes: Uint8Array): FakeIo {
  return {
    ...fakeIo(),
    stdin: {
      isPiped: true,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      },
    },
  };
}
