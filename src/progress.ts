/** The line on a terminal that says that a long reading goes on. */

/** Before that nobody wonders (ms). */
const SILENCE_MS = 500;
const REFRESH_MS = 200;

/**
 * Whether a line on the stream can be drawn over and taken away again. In CI a
 * terminal is a file in which each drawing would stay, and a dumb one has no
 * means to erase.
 */
export function canShowProgress(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && env["TERM"] !== "dumb" && env["CI"] === undefined;
}

/**
 * Shows how much was read and how fast, on stderr, until it is ended; a reading
 * that is over soon shows nothing, and nothing stays of the line.
 *
 * @param bytesRead how far it is
 * @returns ends it
 */
export function showProgress(bytesRead: () => number): () => void {
  const start = performance.now();
  let end = (): void => {};
  let ended = false;
  const begin = async (): Promise<void> => {
    const [{ default: yoctoSpinner }, { default: prettyBytes }] = await Promise.all([
      import("yocto-spinner"),
      import("pretty-bytes"),
    ]);
    if (ended) return;
    const text = (): string => {
      const bytes = bytesRead();
      return `${prettyBytes(bytes)} read, ${prettyBytes((bytes * 1000) / (performance.now() - start))}/s`;
    };
    const spinner = yoctoSpinner({ text: text(), stream: process.stderr }).start();
    const timer = setInterval(() => (spinner.text = text()), REFRESH_MS);
    timer.unref();
    end = () => {
      clearInterval(timer);
      spinner.stop();
    };
  };
  const timer = setTimeout(() => void begin(), SILENCE_MS);
  timer.unref();
  return () => {
    ended = true;
    clearTimeout(timer);
    end();
  };
}
