import { describe, expect, it } from "vitest";
import { Decoder, decodeLine } from "../../src/formats/decode.ts";
import { ENVELOPE_FORMATS, LINE_FORMATS } from "../../src/formats/index.ts";

const RUN = "embedded run start: runId=r-1 sessionId=5cdc6cdf";
const COMPACT = `2026-01-28T08:23:20.101Z [agent/embedded] ${RUN}`;

describe("decodeLine", () => {
  it.each([
    [
      "docker in GitHub Actions",
      `2026-01-28T08:23:21.1234567Z gateway-1  | ${COMPACT}`,
      "github-actions+docker-compose+console",
      "gateway-1",
    ],
    ["a mark before a CI's line", `\ufeff2026-01-28T08:23:21.1234567Z ${COMPACT}`, "github-actions+console", undefined],
    [
      "compose with times",
      `gateway-1  | 2026-01-28T08:23:21.123456789Z ${COMPACT}`,
      "docker-compose+docker+console",
      "gateway-1",
    ],
    [
      "a container in a journal",
      `Jan 28 09:23:20 vps docker[7]: gateway-1  | ${COMPACT}`,
      "journald+docker-compose+console",
      "vps/docker/gateway-1",
    ],
    ["a carriage return", `${COMPACT}\r`, "console", undefined],
    [
      "a coloured line",
      `\u001b[90m2026-01-28T08:23:20.101Z\u001b[39m \u001b[33m[agent/embedded]\u001b[39m \u001b[90m${RUN}\u001b[39m`,
      "console",
      undefined,
    ],
    ["a coloured container name", `\u001b[36mgateway-1  | \u001b[0m${COMPACT}`, "docker-compose+console", "gateway-1"],
  ])("reads %s", (_what, line, format, stream) => {
    const decoded = decodeLine(line);
    expect(decoded).toMatchObject({
      format,
      parsed: { message: RUN, stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    });
    expect(decoded?.stream).toBe(stream);
  });

  it("takes the envelope's instant where the line has no date", () => {
    const decoded = decodeLine(`2026-01-28T09:23:20+0100 vps node[42]: 08:23:20 [agent/embedded] ${RUN}`);
    expect(decoded?.parsed.stamp).toEqual({ kind: "instant", ms: 1_769_588_600_000 });
    expect(decoded?.innerStamp).toEqual({ kind: "time-of-day", ms: 30_200_000 });
  });

  it.each([
    ["console", `2026-01-28T08:23:20.101Z [ws] ← {"text":"${RUN}"}`],
    ["console text", `2026-01-28T08:23:20.101Z the user wrote: ${RUN}`],
    [
      "tslog",
      JSON.stringify({
        0: '{"subsystem":"gateway/ws"}',
        1: `← {"text":"${RUN}"}`,
        _meta: {},
        time: "2026-01-28T08:23:20.101Z",
      }),
    ],
    [
      "tslog with line breaks",
      JSON.stringify({ 0: '{"subsystem":"tools"}', 1: `output:\n${RUN}`, _meta: {}, time: "2026-01-28T08:23:20.101Z" }),
    ],
    [
      "tslog in tslog",
      JSON.stringify({
        0: '{"subsystem":"tools"}',
        1: `{"0":"{\\"subsystem\\":\\"agent/embedded\\"}","1":"${RUN}","_meta":{}}`,
        _meta: {},
        time: "2026-01-28T08:23:20.101Z",
      }),
    ],
    [
      "console json",
      JSON.stringify({
        time: "2026-01-28T08:23:20.101Z",
        level: "info",
        subsystem: "tools",
        message: `tool said ${COMPACT}`,
      }),
    ],
    ["logs", `2026-01-28T08:23:20.101Z info tools {"subsystem":"tools"} result: {"text":"${RUN}"}`],
    ["compose", `gateway-1  | 2026-01-28T08:23:20.101Z [ws] x | ${COMPACT}`],
    ["journal", `Jan 28 08:23:20 vps node[1]: 2026-01-28T08:23:20.101Z [ws] vps node[1]: ${RUN}`],
  ])("does not take a quoted run line for the message: %s", (_form, line) => {
    const decoded = decodeLine(line);
    expect(decoded).toBeDefined();
    expect(decoded?.parsed.message.startsWith("embedded run")).toBe(false);
    expect(decoded?.parsed.message).not.toContain("\n");
  });

  it("does not fail on what looks like JSON", () => {
    for (const line of [
      '{"0":{"a":1},"_meta":7}',
      '{"log":5,"time":{}}',
      '{"MESSAGE":null}',
      '{"MESSAGE":["x"]}',
      '{"type":"log","message":1}',
      '{"time":"x","level":"info","message":""}',
    ]) {
      expect(decodeLine(line)).toBeUndefined();
    }
  });

  it("joins lines that a container runtime cut, each stream for itself", () => {
    const decoder = new Decoder();
    const piece = (tag: string, text: string) => `2026-01-28T08:23:20.101234567Z stdout ${tag} ${text}`;
    expect(decoder.decode(`a-1  | ${piece("P", COMPACT.slice(0, 50))}`)).toBeUndefined();
    expect(decoder.decode(`b-1  | ${piece("F", "2026-01-28T08:23:20.101Z [ws] hello")}`)?.parsed.message).toBe("hello");
    expect(decoder.decode(`a-1  | ${piece("F", COMPACT.slice(50))}`)?.parsed.message).toBe(RUN);
  });

  it("leaves a line without a time alone among lines that have one", () => {
    const decoder = new Decoder();
    expect(decoder.decode(`[plugins] loading`)?.format).toBe("bare");
    for (let count = 0; count < 3; count++) expect(decoder.decode(COMPACT)?.format).toBe("console");
    // The second line of a chat message that was printed as it is.
    expect(decoder.decode(RUN)).toBeUndefined();
    expect(decoder.decode(`[agent/embedded] ${RUN}`)).toBeUndefined();
    expect(decoder.decode(`08:23:20 - ${RUN}`)).toBeUndefined();
    expect(decoder.decode(`gateway-1  | ${RUN}`)).toBeUndefined();
    expect(decoder.decode("\u001b[36m[state/sqlite]\u001b[39m \u001b[90msnapshot\u001b[39m")?.format).toBe("bare");
  });

  it("reads every sample the same whatever came before", () => {
    const lines = LINE_FORMATS.flatMap((format) => format.samples.map((sample) => sample.line));
    const wrapped = ENVELOPE_FORMATS.flatMap((format) =>
      format.samples.filter(({ expect: { partial } }) => partial !== true),
    );
    const samples = [...lines, ...wrapped.map((sample) => sample.line)];
    const decoder = new Decoder();
    for (let round = 0; round < 3; round++) {
      for (const line of round === 1 ? samples.toReversed() : samples) {
        const alone = decodeLine(line);
        if (/(?:bare|timeline)$/.test(alone?.format ?? "")) continue;
        expect(decoder.decode(line)?.parsed).toEqual(alone?.parsed);
      }
    }
  });
});

describe("what would fill the memory or the stack", () => {
  const tslogLine = (value: string) =>
    `{"0":${value},"1":"after it","_meta":{"logLevelName":"INFO"},"time":"2026-01-28T08:23:20.101Z"}`;

  it.each([
    ["arrays", "[".repeat(200_000) + "]".repeat(200_000), " after it"],
    ["objects", '{"a":'.repeat(200_000) + "1" + "}".repeat(200_000), "after it"],
  ])("%s 200,000 deep are read as far as they matter", (_what, value, message) => {
    expect(decodeLine(tslogLine(value))?.parsed).toMatchObject({ message, level: "info" });
  });

  it("keeps no more pieces of lines than it can afford, and reads on", () => {
    const decoder = new Decoder();
    const piece = (container: number, end: "P" | "F", text: string) =>
      `c${container} | 2026-01-28T08:23:20.101234567Z stdout ${end} ${text}`;
    expect(decoder.decode(piece(0, "P", COMPACT.slice(0, 50)))).toBeUndefined();
    for (let count = 1; count <= 50; count++) decoder.decode(piece(count, "P", "x".repeat(100_000)));
    expect(decoder.decode(piece(0, "F", COMPACT.slice(50)))?.parsed.message).toBe(RUN);
    // Beyond the limit a piece is lost, and what follows it is no line.
    expect(decoder.decode(piece(99, "P", "y".repeat(100_000)))).toBeUndefined();
    for (let count = 1; count <= 50; count++) decoder.decode(piece(count, "F", "end"));
    // Now there is room again.
    decoder.decode(piece(99, "P", COMPACT.slice(0, 50)));
    expect(decoder.decode(piece(99, "F", COMPACT.slice(50)))?.parsed.message).toBe(RUN);
  });
});
