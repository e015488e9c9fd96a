import type { WatchFormat } from "./format.ts";
import { ndjson } from "./ndjson.ts";
import { pretty } from "./pretty.ts";

/** The formats of `watch`. A new one is a file beside these and a line here. */
export const watchFormats: readonly WatchFormat[] = [pretty, ndjson];
