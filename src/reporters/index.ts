import { github } from "./github.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { ndjson } from "./ndjson.ts";
import { pretty } from "./pretty.ts";
import type { Reporter } from "./reporter.ts";

/** The formats there are. A new one is a file beside these and a line here. */
export const reporters: readonly Reporter[] = [pretty, json, ndjson, github, markdown, junit];
