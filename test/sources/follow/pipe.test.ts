import { expect, test } from "vitest";

import { PipeFollower } from "../../../src/sources/follow/pipe.ts";
import { up } from "../../helpers/log-lines.ts";

/** By then every line is old. */
const LATER = Date.parse("2026-01-29T00:00:00Z");
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function drain(follower: PipeFollower): Promise<string[]> {
  const messages: string[] = [];
  for await (const batch of follower.history()) messages.push(...batch.map(({ message }) => message));
  return messages;
}

test("all of a pipe that ends is its past, and then it is over", async () => {
  async function* input() {
    yield bytes(`${up("08:00:00")}\n2026-01-28T08:00:01.000Z [gate`);
    yield bytes("way] second\n");
  }
  const follower = new PipeFollower("-", input(), () => LATER);
  await follower.open();
  expect((await drain(follower)).length).toBe(2);
  expect(await follower.poll()).toMatchObject({ records: [], ended: true });
});

test("a piece with more lines than a call can have arguments", async () => {
  async function* input() {
    yield bytes("\n".repeat(1_000_000));
    yield bytes(`${up("08:00:00")}\n`);
  }
  const follower = new PipeFollower("-", input(), () => LATER);
  await follower.open();
  expect((await drain(follower)).length).toBe(1);
});

test("what comes after a pause is news", async () => {
  let more: (text: string) => void = () => {};
  const later = new Promise<string>((resolve) => (more = resolve));
  async function* input() {
    yield bytes(`${up("08:00:00")}\n`);
    yield bytes(await later);
  }
  const follower = new PipeFollower("-", input(), () => LATER);
  await follower.open();
  expect((await drain(follower)).length).toBe(1);
  expect(await follower.poll()).toMatchObject({ records: [], ended: false });
  more("2026-01-28T08:00:01.000Z [gateway] second\n");
  const messages: string[] = [];
  for (let ended = false; !ended;) {
    const part = await follower.poll();
    messages.push(...part.records.map(({ message }) => message));
    ({ ended } = part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(messages).toEqual(["second"]);
});

test("a writer that is never quiet: what it wrote just now ends the past", async () => {
  let going = true;
  let seconds = 0;
  const time = (): string => new Date(Date.parse("2026-01-28T08:00:00Z") + seconds * 1_000).toISOString();
  async function* input() {
    for (; going; seconds++) {
      yield bytes(`${time()} [gateway] ${seconds}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const follower = new PipeFollower("-", input(), () => Date.parse("2026-01-28T08:01:00Z"));
  await follower.open();
  expect((await drain(follower)).length).toBeGreaterThanOrEqual(58);
  going = false;
  await follower.close();
});

test("containers are streams of their own", async () => {
  async function* input() {
    yield bytes(["one-1  | ", "two-1  | "].map((name) => `${name}2026-01-28T08:00:00.000Z [gateway] up\n`).join(""));
  }
  const follower = new PipeFollower("-", input(), () => LATER);
  await follower.open();
  const streams: string[] = [];
  for await (const batch of follower.history()) streams.push(...batch.map(({ stream }) => stream));
  expect(new Set(streams).size).toBe(2);
});

test("a pipe that breaks is told, and is over", async () => {
  // eslint-disable-next-line require-yield
  async function* input(): AsyncGenerator<Uint8Array> {
    throw new Error("the disk gave an error");
  }
  const follower = new PipeFollower("pipe", input(), () => LATER);
  await follower.open();
  await drain(follower);
  const part = await follower.poll();
  expect(part.ended).toBe(true);
  expect(part.notices).toEqual([{ kind: "unreadable", text: "cannot read pipe: the disk gave an error" }]);
});

test("a writer that is faster than the reader has to wait: what is kept is bounded", async () => {
  let written = 0;
  async function* input() {
    const many = bytes("x\n".repeat(10_000));
    for (; written < 100; written++) yield many;
  }
  const follower = new PipeFollower("-", input(), () => LATER);
  await follower.open();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(written).toBeLessThan(10);
  await drain(follower);
  expect(written).toBe(100);
});
