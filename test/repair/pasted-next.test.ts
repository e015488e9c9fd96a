/** What `reset` says to do next, pasted at a prompt as it stands: no name of a session runs anything there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { FakeGateway, wedgedLog } from "./fake-gateway.ts";
import { bench } from "./run-reset.ts";

/** A session of somebody who wants a shell, whose run goes on: a restart of the gateway would cut it. */
const HOSTILE = "$(>ran)";

async function whatToDoNext(): Promise<string> {
  const gateway = new FakeGateway([
    { key: "agent:main:main", sessionId: "id-main" },
    { key: `agent:main:${HOSTILE}`, sessionId: "id-busy" },
  ]);
  wedgedLog(gateway);
  const it = bench(gateway);
  const at = it.now - 1_000;
  gateway.write("diagnostic", `lane enqueue: lane=session:${HOSTILE} queueSize=1`, at);
  gateway.write("diagnostic", `lane dequeue: lane=session:${HOSTILE} waitMs=1 queueSize=0`, at);
  gateway.write("agent/embedded", "embedded run start: runId=run-2 sessionId=id-busy provider=p model=m thinking=off messageChannel=x", at); // prettier-ignore
  gateway.write(
    "diagnostic",
    `session state: sessionId=id-busy sessionKey=agent:main:${HOSTILE} prev=idle new=processing reason="run_started" queueDepth=0`,
    at,
  );
  // Nothing that is sent helps, so that a restart is all that is left.
  const { out } = await it.reset("main --yes");
  return out.slice(out.indexOf("Next  ") + "Next  ".length);
}

/** At a prompt, which differs from a script: zsh takes no `#` for a comment there. */
const PROMPTS: readonly (readonly [shell: string, ...words: string[]])[] = [
  ["bash", "--norc", "-i"],
  ["zsh", "-f", "-i"],
  // Without a terminal it is none, but knows comments there as in a script.
  ["fish", "--no-config"],
];

test.each(PROMPTS)("at the prompt of %s", async (shell, ...words) => {
  const next = await whatToDoNext();
  expect(next).toMatch(/^clawdbot gateway restart\s.*ends the process, .* cuts 1 running turn \(.*ran/);
  const folder = mkdtempSync(path.join(tmpdir(), "sessions-pasted-"));
  try {
    const run = (input: string): readonly string[] => {
      // By a pipe: fish reads no socket.
      spawnSync("sh", ["-c", 'cat | "$0" "$@"', shell, ...words], {
        cwd: folder,
        input,
        env: { PATH: "/usr/bin:/bin", HOME: folder, TERM: "dumb" },
      });
      return readdirSync(folder).filter((name) => !name.startsWith("."));
    };
    expect(run(next)).toEqual([]);
    // The shell does read what it is given.
    expect(run("touch read\n")).toEqual(["read"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
