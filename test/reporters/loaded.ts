import { reporters } from "../../src/reporters/index.ts";

/** Every reporter of the registry under its name. */
export const loaded = await Promise.all(reporters.map(async ({ name, load }) => ({ name, ...(await load()) })));
