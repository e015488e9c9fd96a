// What every Node peer does with a message: pairs start and done lines, and prints what pair.awk prints.
const RUN = /^embedded run (start|done): runId=(\S+)/;
const AGENT = '{"subsystem":"agent/embedded"}';
const open = new Set();
let starts = 0;
let dones = 0;

export function pair(record) {
  if (record["0"] !== AGENT || typeof record["1"] !== "string") return;
  const match = RUN.exec(record["1"]);
  if (!match) return;
  if (match[1] === "start") {
    starts++;
    open.add(match[2]);
  } else {
    dones++;
    open.delete(match[2]);
  }
}

export function print() {
  console.log(`${starts} ${dones} ${open.size}`);
}
