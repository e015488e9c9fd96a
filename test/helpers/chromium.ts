import { accessSync, constants } from "node:fs";
import path from "node:path";

import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** The browser of this machine: playwright-core brings none, and none is downloaded. */
function chromiumPath(): string {
  const named = process.env["CHROMIUM_PATH"];
  if (named) return named;
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((it) => it !== "");
  const found = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "No Chromium on this machine, and the page's tests need one. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH to it.",
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Close it when done; it also ends with this process.
 *
 * Chromium does not start as root with its sandbox on, and in most containers
 * the sandbox does not start at all. It opens nothing here but our own page.
 */
export async function openChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: chromiumPath(), chromiumSandbox: false });
}
