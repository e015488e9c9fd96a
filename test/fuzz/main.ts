/**
 * Any bytes in, for a while:
 *
 *   npm run fuzz [-- --minutes 5] [--seed 1]     mutated real logs, then what is too large for a file
 *   npm run fuzz -- --seed 1 --only 356          one input again
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { inputOf, tryInput } from "./fuzz.ts";
import { LARGE } from "./large.ts";
import { runLarge } from "./processes.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    /** The first number, of a worker. */
    from: { type: "string" },
  },
});
const seed = Number(values.seed);

if (values.only !== undefined) {
  const { name, bytes } = inputOf(seed, Number(values.only));
  writeFileSync("fuzz-input.log", bytes);
  console.log(`"${name}", ${bytes.length} bytes, written to fuzz-input.log`);
  await tryInput(seed, Number(values.only));
  console.log("all holds");
} else if (values.from !== undefined) {
  await work(Number(values.from));
} else {
  const failures = (await watchOver(Number(values.minutes))) + (await allLarge());
  process.exitCode = failures === 0 ? 0 : 1;
}

/** The built program, and what it takes for inputs that are made as it reads them. */
async function allLarge(): Promise<number> {
  let failures = 0;
  for (const large of LARGE) {
    try {
      const { seconds, peakMib, bytes } = await runLarge(large);
      console.log(
        `${large.name}: ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s, ${peakMib.toFixed(0)} MiB`,
      );
    } catch (error) {
      failures++;
      console.log(String(error));
    }
  }
  console.log(`${LARGE.length} large inputs: ${failures} failures`);
  return failures;
}

async function work(from: number): Promise<void> {
  for (let number = from; ; number++) {
    process.send?.({ number });
    try {
      const bytes = await tryInput(seed, number);
      process.send?.({ number, bytes });
    } catch (error) {
      const { cause } = error as Error;
      process.send?.({ number, failure: `${String(error)}\n${cause instanceof Error ? cause.stack : ""}` });
    }
  }
}

/** Workers, one after the other, for one that hangs or runs out of memory can say nothing. */
async function watchOver(minutes: number): Promise<number> {
  const HANGS_MS = 120_000;
  const end = Date.now() + minutes * 60_000;
  let inputs = 0;
  let megabytes = 0;
  let next = 0;
  const failures: string[] = [];
  const fail = (text: string): void => {
    failures.push(text);
    console.log(`\n${text}`);
  };
  while (Date.now() < end && failures.length < 20) {
    const worker = fork(new URL(import.meta.url).pathname, ["--seed", String(seed), "--from", String(next)]);
    await new Promise<void>((resolve) => {
      let last = Date.now();
      const timer = setInterval(() => {
        if (Date.now() - last > HANGS_MS) {
          fail(`number ${next} of seed ${seed} hangs`);
          next++;
          worker.kill("SIGKILL");
        } else if (Date.now() > end || failures.length >= 20) worker.kill();
      }, 1000);
      worker.on("message", ({ number, bytes, failure }: { number: number; bytes?: number; failure?: string }) => {
        last = Date.now();
        if (bytes !== undefined) {
          inputs++;
          megabytes += bytes / 1e6;
        }
        if (failure !== undefined) fail(failure);
        next = bytes === undefined && failure === undefined ? number : number + 1;
      });
      worker.once("exit", (code, signal) => {
        clearInterval(timer);
        if (code !== null && code !== 0) {
          fail(`number ${next} of seed ${seed} ended the process: ${code}`);
          next++;
        } else if (signal === "SIGABRT") {
          fail(`number ${next} of seed ${seed} ended the process: ${signal}`);
          next++;
        }
        resolve();
      });
    });
  }
  console.log(
    `${inputs} inputs, ${megabytes.toFixed(0)} MB, ${minutes} min, seed ${seed}: ${failures.length} failures`,
  );
  return failures.length;
}
