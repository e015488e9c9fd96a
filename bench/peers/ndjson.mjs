// The ndjson package: every line parsed.
import { createReadStream } from "node:fs";
import ndjson from "ndjson";
import { pair, print } from "./pair.mjs";

createReadStream(process.argv[2]).pipe(ndjson.parse()).on("data", pair).on("end", print);
