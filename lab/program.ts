/** A lab from the command line: its words in, its exit code out. */

export function say(line: string): void {
  console.log(line);
}

/** @param run what it does with the words behind its name; its number is the exit code, what it throws is 2 */
export function runProgram(run: (words: readonly string[]) => Promise<number>): void {
  run(process.argv.slice(2)).then(
    // Sockets and timers of the gateways would keep us here.
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? (error.stack ?? error.message) : error);
      process.exit(2);
    },
  );
}
