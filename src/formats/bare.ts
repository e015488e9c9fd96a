/**
 * A message with no time: a gateway's console before its clock is set up, or
 * lines that someone pasted without their times. Only `[subsystem] message` and
 * texts that begin as a gateway's events do: every other line may be anything.
 */
import { type LineFormat, parsedLine } from "./format.ts";
import { beginsAsEvent, splitTag } from "./text.ts";

export const bare: LineFormat = {
  name: "bare",
  samples: [
    {
      line: "embedded run start: runId=r-1 sessionId=5cdc6cdf",
      expect: { message: "embedded run start: runId=r-1 sessionId=5cdc6cdf", loose: true },
    },
    {
      line: "[agent/embedded] embedded run done: runId=r-1 sessionId=5cdc6cdf durationMs=5 aborted=false",
      expect: {
        subsystem: "agent/embedded",
        message: "embedded run done: runId=r-1 sessionId=5cdc6cdf durationMs=5 aborted=false",
      },
    },
  ],
  parse(line) {
    const tagged = splitTag(line);
    if (tagged !== undefined) {
      // `[gateway] 2026-…` is a supervisor's tag around a line that has more to say.
      return /^(?:\d|\{"|\[|std(?:out|err): )/.test(tagged.message) || tagged.message === ""
        ? undefined
        : parsedLine(tagged);
    }
    if (!beginsAsEvent(line)) return undefined;
    // The rest of a JSON line that was cut within its message.
    return line.includes('"_meta"') || line.endsWith('"}') || line.includes('","')
      ? undefined
      : parsedLine({ message: line, loose: true });
  },
};
