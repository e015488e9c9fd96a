/** What Jazzer.js calls with each input: one of the places where bytes go in. Bundled by main.ts. */
import { Random } from "../../../bench/logs/random.ts";
import { TARGETS } from "../targets.ts";

const wanted = process.env["GUIDED_TARGET"];
const target = TARGETS.find(({ name }) => name === wanted);
if (!target) throw new Error(`no target "${wanted}"`);

/** What is packed, or in another encoding, is more than its own bytes. */
const IS_PACKED = /^(?:1f8b|28b52ffd|5.2a4d18|fffe|feff)/;

/** @public */
export async function fuzz(bytes: Buffer): Promise<void> {
  // The memory is the fuzzer's own.
  const input = Buffer.from(bytes);
  const text = IS_PACKED.test(input.subarray(0, 4).toString("hex")) ? undefined : input;
  let sum = input.length;
  for (const byte of input) sum = (Math.imul(sum, 31) + byte) >>> 0;
  await target?.try({ name: "guided", bytes: input, text, hasWholeLines: false }, new Random(sum));
}
