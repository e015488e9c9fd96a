#!/usr/bin/env node
import { existsSync } from "node:fs";

if (existsSync(new URL("../dist/program.js", import.meta.url))) {
  const { main, nodeIo } = await import("../dist/program.js");
  // The system has all that was written; a read that nobody waits for any more must not keep the program.
  process.exit(await main(process.argv.slice(2), nodeIo()));
} else {
  process.stderr.write("error: clawdbot-sessions is not built: dist/ is missing\nRun `npm ci` in its folder.\n");
  process.exitCode = 70;
}
