import { fileURLToPath } from "node:url";

import type { OurProgram } from "./shim/script.ts";

/**
 * This program, as a script can call it that knows nothing of PATH.
 *
 * It is found from this file, which lies one folder below bin/'s both as it is
 * written (src/) and as it is built (dist/, whose files have no folders).
 */
export const OUR_PROGRAM: OurProgram = {
  node: process.execPath,
  file: fileURLToPath(new URL("../bin/clawdbot-sessions.js", import.meta.url)),
};
