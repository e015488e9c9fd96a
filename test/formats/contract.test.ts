import { describe, expect, it } from "vitest";
import { ENVELOPE_FORMATS, LINE_FORMATS } from "../../src/formats/index.ts";

const lineSamples = LINE_FORMATS.flatMap((format) => format.samples.map((sample) => ({ format, ...sample })));
const envelopeSamples = ENVELOPE_FORMATS.flatMap((format) => format.samples.map((sample) => ({ format, ...sample })));
const everyLine = [...lineSamples, ...envelopeSamples].map((sample) => sample.line);

describe("every line format", () => {
  it.each(LINE_FORMATS.map((format) => [format.name, format] as const))(
    "%s has samples and a name of its own",
    (name, format) => {
      expect(format.samples.length).toBeGreaterThan(0);
      expect(LINE_FORMATS.filter((other) => other.name === name)).toHaveLength(1);
    },
  );

  it.each(lineSamples.map((sample) => [sample.format.name, sample.line, sample] as const))(
    "%s reads %s",
    (_name, line, sample) => {
      expect(sample.format.parse(line)).toEqual(sample.expect);
    },
  );
});

describe("every envelope", () => {
  it.each(ENVELOPE_FORMATS.map((format) => [format.name, format] as const))(
    "%s has samples and a name of its own",
    (name, format) => {
      expect(format.samples.length).toBeGreaterThan(0);
      expect(ENVELOPE_FORMATS.filter((other) => other.name === name)).toHaveLength(1);
    },
  );

  it.each(envelopeSamples.map((sample) => [sample.format.name, sample.line, sample] as const))(
    "%s unwraps %s",
    (_name, line, sample) => {
      expect(sample.format.unwrap(line)).toEqual(sample.expect);
    },
  );
});

describe("the registry", () => {
  it.each(everyLine)("has one format that claims %s", (line) => {
    const claims = [
      ...LINE_FORMATS.filter((format) => mayRead(format, line) && format.parse(line) !== undefined),
      ...ENVELOPE_FORMATS.filter((format) => mayRead(format, line) && format.unwrap(line) !== undefined),
    ];
    expect(claims.map((format) => format.name)).toHaveLength(1);
  });

  it.each([
    "",
    " ",
    "    at processTicksAndRejections (node:internal/process/task_queues:105:5)",
    "│  Migrated legacy config keys at startup:                          │",
    "◇  Doctor changes ───────────────╮",
    "{}",
    "{",
    "[]",
    '{"0":"cut in the mid',
    '{"version":"2026.1.24-3","note":"not a log"}',
    '{"id":"a1","type":"message","parentId":null,"timestamp":"2026-01-28T08:23:20.101Z","message":{"role":"user"}}',
    "... 47 MINUTES OF SILENCE ...",
    "node:internal/modules/cjs/loader:1228",
    "-- Boot 5cdc6cdf35554295acf48a4aa3452242 --",
    'l":"embedded run start: runId=r-1","_meta":{}}',
    'embedded run start: runId=r-1 sessionId=s","_meta":{"name":"x"},"time":"2026-01-28T08:23:20.101Z"}',
    "The model said: embedded run start: runId=r-1 sessionId=s",
    "GET /health 200",
  ])("leaves %j alone", (line) => {
    for (const format of LINE_FORMATS)
      expect.soft(mayRead(format, line) && format.parse(line), format.name).toBeFalsy();
    for (const format of ENVELOPE_FORMATS)
      expect.soft(mayRead(format, line) && format.unwrap(line), format.name).toBeFalsy();
  });
});

function mayRead(format: { first?: string }, line: string): boolean {
  return format.first === undefined || (line !== "" && format.first.includes(line.charAt(0)));
}
