import fc from "fast-check";
import { expect, test } from "vitest";

import { ExecQueue, type ExecJob } from "../../src/watch/exec-queue.ts";

/** A queue whose commands end when the test says so. */
function bench() {
  const running: { readonly job: ExecJob; readonly end: (error?: Error) => void }[] = [];
  const started: string[] = [];
  const dropped: string[] = [];
  const queue = new ExecQueue(
    (job) =>
      new Promise((resolve, reject) => {
        started.push(job.input);
        const one = {
          job,
          end: (error?: Error) => {
            running.splice(running.indexOf(one), 1);
            if (error) reject(error);
            else resolve();
          },
        };
        running.push(one);
      }),
    ({ input }) => dropped.push(input),
  );
  return { queue, running, started, dropped };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one at a time a session, in order, and a few side by side", async () => {
  const { queue, running, started } = bench();
  for (const input of ["a1", "a2", "b1", "c1", "d1", "e1"]) queue.push({ subject: input.slice(0, 1), input });
  expect(started).toEqual(["a1", "b1", "c1", "d1"]);
  running[0]?.end();
  await turn();
  expect(started.slice(4)).toEqual(["a2"]);
  running.find(({ job }) => job.input === "b1")?.end();
  await turn();
  expect(started.slice(5)).toEqual(["e1"]);
});

test("a command that fails stops nothing", async () => {
  const { queue, running, started } = bench();
  queue.push({ subject: "a", input: "a1" });
  queue.push({ subject: "a", input: "a2" });
  running[0]?.end(new Error("no"));
  await turn();
  expect(started).toEqual(["a1", "a2"]);
});

test("a command that hangs fills no memory: the oldest are left out", () => {
  const { queue, dropped } = bench();
  for (let index = 0; index < 1_000; index++) queue.push({ subject: "a", input: String(index) });
  expect(dropped.length).toBe(1_000 - 1 - 200);
  expect(dropped[0]).toBe("1");
});

test("at the end what waits is not begun any more", async () => {
  const { queue, running, started } = bench();
  for (const input of ["1", "2", "3"]) queue.push({ subject: "a", input });
  queue.clear();
  running[0]?.end();
  await queue.drained();
  expect(started).toEqual(["1"]);
});

test("it is drained when all is done", async () => {
  const { queue, running } = bench();
  await queue.drained();
  queue.push({ subject: "a", input: "1" });
  queue.push({ subject: "a", input: "2" });
  let isDrained = false;
  const drained = queue.drained().then(() => (isDrained = true));
  running[0]?.end();
  await turn();
  expect(isDrained).toBe(false);
  running[0]?.end();
  await drained;
  expect(isDrained).toBe(true);
});

test("never two of one session, never more than four, each in its order", async () => {
  const jobs = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(jobs, fc.infiniteStream(fc.nat(3)), async (subjects, choices) => {
      const { queue, running, started } = bench();
      const check = (): void => {
        const busy = running.map(({ job }) => job.subject);
        expect(new Set(busy).size).toBe(busy.length);
        expect(busy.length).toBeLessThanOrEqual(4);
      };
      for (const [index, subject] of subjects.entries()) {
        queue.push({ subject, input: `${subject}${String(index).padStart(3, "0")}` });
        check();
        if (choices.next().value === 0) running[0]?.end();
        await Promise.resolve();
      }
      while (running.length > 0) {
        running[Math.min(running.length - 1, choices.next().value ?? 0)]?.end();
        await turn();
        check();
      }
      await queue.drained();
      expect(started.length).toBe(subjects.length);
      for (const subject of new Set(subjects)) {
        const mine = started.filter((it) => it.startsWith(subject));
        expect(mine).toEqual(mine.toSorted());
      }
    }),
    { numRuns: 50 },
  );
});
