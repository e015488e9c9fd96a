/** Schedules of faults, drawn by fast-check: for the property test, and with a seed for the lab. */
import fc from "fast-check";

import type { AnswerFault, Befall, Place, RequestFault, Schedule } from "./schedule.ts";

export interface Measures {
  /** Pieces that a repair without faults has in one direction. */
  readonly pieces: number;
  /** The longest delay (ms); some of them exceed the time that an answer may take. */
  readonly longestDelayMs: number;
}

/** As the tool's own limit (src/gateway/connection.ts): a byte more must end the connection, a byte less must not. */
const LARGEST_FRAME = 25 * 1024 * 1024;

/** So that a counterexample can be read. */
const PLAIN = { noNullPrototype: true } as const;

const JUNK = [
  "", "null", "[]", "{}", "{", "42", '"text"', "\u0000", '{"type":"res"}', '{"type":"event"}', '{"type":"req","id":"1"}',
  '{"type":"res","id":1,"ok":true}', '{"type":"res","id":"2","ok":"yes"}', '{"__proto__":{"type":"res"}}', "<html>",
  "[".repeat(100_000), '{"type":"event","event":"chat","payload":null}',
]; // prettier-ignore

function requestFaults({ longestDelayMs }: Measures): fc.Arbitrary<RequestFault> {
  const after = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constant("all" as const));
  return fc.oneof(
    fc.record({ what: fc.constant("delay" as const), ms: fc.integer({ min: 1, max: longestDelayMs }) }, PLAIN),
    fc.record(
      { what: fc.constant("cut" as const), after, how: fc.constantFrom("end" as const, "reset" as const) },
      PLAIN,
    ),
    fc.constantFrom({ what: "garbage-bytes" } as const, { what: "silence" } as const, { what: "half-open" } as const),
  );
}

function answerFaults(measures: Measures): fc.Arbitrary<AnswerFault> {
  const share = fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100);
  return fc.oneof(
    { weight: 6, arbitrary: requestFaults(measures) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("close" as const), code: fc.constantFrom(1000, 1001, 1008, 1012, 4000) }, PLAIN) }, // prettier-ignore
    { weight: 2, arbitrary: fc.constantFrom({ what: "twice" } as const, { what: "later" } as const) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant("garbage-frame" as const), text: fc.constantFrom(...JUNK) }, PLAIN) }, // prettier-ignore
    { weight: 1, arbitrary: fc.constant({ what: "binary" } as const) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("truncated-json" as const), share }, PLAIN) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant("mistyped" as const), pick: fc.nat(5_000) }, PLAIN) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("stray-answer" as const), id: fc.constantFrom("0", "99", "", "-1") }, PLAIN) }, // prettier-ignore
    { weight: 1, arbitrary: fc.record({ what: fc.constant("huge" as const), bytes: fc.constantFrom(LARGEST_FRAME, LARGEST_FRAME + 1) }, PLAIN) }, // prettier-ignore
  );
}

/** One to three faults; half of them right at the step. */
export function schedules(measures: Measures): fc.Arbitrary<Schedule> {
  const at: fc.Arbitrary<Place> = fc.oneof(fc.integer({ min: 0, max: measures.pieces }), fc.constant("step" as const));
  const befall: fc.Arbitrary<Befall> = fc.oneof(
    fc.record({ direction: fc.constant("to-gateway" as const), at, fault: requestFaults(measures) }, PLAIN),
    fc.record({ direction: fc.constant("to-us" as const), at, fault: answerFaults(measures) }, PLAIN),
  );
  return fc.array(befall, { minLength: 1, maxLength: 3 });
}
