// Preloaded into a Node process of the memory round: at its end it writes its PID and its peak there.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.env.BENCH_PEAK_FILE;
if (file) {
  process.once("exit", () => {
    let bytes;
    try {
      bytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
    } catch {
      // Not Linux.
      bytes = process.resourceUsage().maxRSS * 1024;
    }
    writeFileSync(file, `${process.pid} ${bytes}`);
  });
}
