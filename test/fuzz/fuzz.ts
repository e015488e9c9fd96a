/** One input through every target, the same for the same seed and number. */
import { Random } from "../../bench/logs/random.ts";
import { seedText } from "./corpus.ts";
import { type Input, mutated } from "./mutations.ts";
import { TARGETS } from "./targets.ts";

export function inputOf(seed: number, number: number): Input {
  const random = new Random(seed * 1_000_003 + number);
  return mutated(seedText(random), random);
}

/** @throws Error that names what did not hold, and how to see it again */
export async function tryInput(seed: number, number: number): Promise<number> {
  const input = inputOf(seed, number);
  for (const target of TARGETS) {
    try {
      await target.try(input, new Random(number));
    } catch (error) {
      const again = `npm run fuzz -- --seed ${seed} --only ${number}`;
      throw new Error(`${target.name}, of "${input.name}" (${again}): ${String(error)}`, { cause: error });
    }
  }
  return input.bytes.length;
}
