#!/usr/bin/env node
import { existsSync } from "node:fs";

if (existsSync(new URL("../dist/program.js", import.meta.url))) {
  const { main, nodeIo } = await import("../dist/program.js");
  process.exitCode = await main(process.argv.slice(2), nodeIo());
  // After Ctrl-C or an error that nobody caught the work may go on in the background; it has nothing more to say.
  if (process.exitCode === 130 || process.exitCode === 70) process.exit();
} else {
  process.stderr.write("error: clawdbot-sessions is not built: dist/ is missing\nRun `npm ci` in its folder.\n");
  process.exitCode = 70;
}
