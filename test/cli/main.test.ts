import { describe, expect, test } from "vitest";

import { main } from "../../src/cli.ts";
import { BrokenPipe, Interrupted } from "../../src/errors.ts";
import { fakeIo } from "./fake-io.ts";

test("a user's error is one line, a hint and exit code 2", async () => {
  const io = fakeIo();
  expect(await main(["doctor", "--since", "banana\u001b[2J"], io)).toBe(2);
  expect(io.out()).toBe("");
  expect(io.err()).toMatch(/^error: --since: "banana\\u001b\[2J" is not a time\nExamples: .*\n$/);
});

test("Ctrl-C says nothing and exits with 130", async () => {
  const io = fakeIo({ failure: Promise.reject(new Interrupted()), onWrite: () => {} });
  expect(await main(["doctor", "-"], { ...io, stdin: neverEnding() })).toBe(130);
  expect(io.out() + io.err()).toBe("");
});

test("a name with lines of its own begins none in an error, and is no command of CI", async () => {
  const io = fakeIo();
  expect(await main(["doctor", "x\n::set-output name=a::b ##[error]"], io)).toBe(2);
  expect(io.err()).toContain("x\\x0a::set-output");
  expect(io.err()).not.toMatch(/^\s*::|##\[/m);
});

test("what fails because of Ctrl-C is no error of its own", async () => {
  const io = fakeIo({ signal: AbortSignal.abort(new Interrupted()) });
  expect(await main(["doctor", "not-there.log"], io)).toBe(130);
  expect(io.out() + io.err()).toBe("");
});

test("a reader that went away is no error", async () => {
  const io = fakeIo({
    onWrite: () => {
      throw new BrokenPipe();
    },
  });
  expect(await main(["explain"], io)).toBe(0);
});

describe("a bug of ours", () => {
  const bug = (): never => {
    throw new TypeError("x is not a function\u001b[2J");
  };
  const broken = (env: Record<string, string> = {}) => {
    const io = fakeIo({ env });
    return { ...io, stdout: { ...io.stdout, write: async () => bug() } };
  };

  test("is one honest paragraph and exit code 70", async () => {
    const io = broken();
    expect(await main(["explain"], io)).toBe(70);
    expect(io.err()).toMatch(
      /^error: this is a bug of clawdbot-sessions 0\.0\.0, .*TypeError: x is not a function\\x1b\[2J\n/,
    );
    expect(io.err()).toContain("Please report it");
    expect(io.err()).not.toMatch(/\n\s+at /);
  });

  test.each([
    [["doctor", "-v", "/nowhere/at-all"], {}],
    [["explain"], { DEBUG: "1" }],
  ])("has a trace with %j and %j", async (words, env) => {
    const io = { ...broken(env), failure: Promise.reject(new TypeError("caught by nobody")) };
    expect(await main(words, io)).toBe(70);
    expect(io.err()).toMatch(/\n\s+at /);
  });
});

test("shell-init and explain print to stdout", async () => {
  const io = fakeIo();
  expect(await main(["shell-init", "zsh"], io)).toBe(0);
  expect(await main(["explain", "run-lost"], io)).toBe(0);
  expect(io.out()).toContain("function clawdbot {");
  expect(io.out()).toContain("run-lost: The process of a run is gone");
  expect(io.err()).toBe("");
});

test("explain does not know every word", async () => {
  const io = fakeIo();
  expect(await main(["explain", "session-block"], io)).toBe(2);
  expect(io.err()).toContain("Did you mean session-blocked?");
});

function neverEnding(): AsyncIterable<Uint8Array> & { isPiped: boolean } {
  return {
    isPiped: true,
    async *[Symbol.asyncIterator]() {
      await new Promise(() => {});
      yield new Uint8Array();
    },
  };
}
