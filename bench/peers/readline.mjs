// The usual way: readline, and JSON.parse for the lines that have the words.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pair, print } from "./pair.mjs";

const input = createReadStream(process.argv[2]);
for await (const line of createInterface({ input, crlfDelay: Infinity })) {
  if (line.includes("embedded run")) pair(JSON.parse(line));
}
print();
