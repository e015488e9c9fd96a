/** GitHub Actions: a time with seven digits before every line; `gh run view --log` puts job and step before that. */
import type { EnvelopeFormat } from "./format.ts";
import { dateTimeAt } from "./stamps.ts";

const SAMPLE = "2026-01-28T08:23:20.101Z [agent/embedded] embedded run start: runId=r-1";

export const githubActions: EnvelopeFormat = {
  name: "github-actions",
  samples: [
    {
      line: `2026-01-28T08:23:20.1012345Z ${SAMPLE}`,
      expect: { inner: SAMPLE, stamp: { kind: "instant", ms: 1_769_588_600_101 } },
    },
    {
      line: `e2e (node 24)\tRun the gateway\t2026-01-28T08:23:20.1012345Z gateway-1  | ${SAMPLE}`,
      expect: {
        inner: `gateway-1  | ${SAMPLE}`,
        stamp: { kind: "instant", ms: 1_769_588_600_101 },
        stream: "e2e (node 24)",
      },
    },
  ],
  unwrap(line) {
    const job = line.indexOf("\t");
    const step = job < 0 ? -1 : line.indexOf("\t", job + 1);
    let at = 0;
    if (step > 0) {
      at = step + 1;
      // Every file within the archive of a run begins with a mark, and gh joins them.
      if (line.charCodeAt(at) === 0xfeff) at++;
    }
    const time = dateTimeAt(line, at);
    if (time === undefined || time.digits !== 7 || line.charCodeAt(time.end) !== 0x20) return undefined;
    const inner = line.slice(time.end + 1);
    if (/^std(?:out|err) [FP](?: |$)/.test(inner)) return undefined;
    return step > 0 ? { inner, stamp: time.stamp, stream: line.slice(0, job) } : { inner, stamp: time.stamp };
  },
};
