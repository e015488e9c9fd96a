/**
 * Which commands of `--exec` run when: in order for each subject, a few at a
 * time over all, and no more waiting than memory should hold. Pure; who runs a
 * command is given.
 */

export interface ExecJob {
  /** Jobs of one subject never run side by side. */
  readonly subject: string;
  /** What the command reads on its standard input. */
  readonly input: string;
}

/** Commands side by side, whatever their subjects. */
const MOST_RUNNING = 4;
/** Jobs that wait; a command that hangs must not fill the memory. */
const MOST_WAITING = 200;

export class ExecQueue {
  readonly #run: (job: ExecJob) => Promise<void>;
  readonly #onDrop: (dropped: ExecJob) => void;
  #waiting: ExecJob[] = [];
  readonly #busy = new Set<string>();
  #idle: (() => void)[] = [];

  /**
   * @param run runs one command; what it throws is its own business
   * @param onDrop hears of a job that will never run
   */
  constructor(run: (job: ExecJob) => Promise<void>, onDrop: (dropped: ExecJob) => void) {
    this.#run = run;
    this.#onDrop = onDrop;
  }

  push(job: ExecJob): void {
    this.#waiting.push(job);
    if (this.#waiting.length > MOST_WAITING) {
      // The newest tells what is true now.
      const [oldest] = this.#waiting.splice(0, 1);
      if (oldest) this.#onDrop(oldest);
    }
    this.#next();
  }

  /** Forgets what waits; what runs goes on. */
  clear(): void {
    this.#waiting = [];
  }

  /** Resolves when nothing runs and nothing waits. */
  async drained(): Promise<void> {
    if (this.#busy.size === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    while (this.#busy.size < MOST_RUNNING) {
      const at = this.#waiting.findIndex(({ subject }) => !this.#busy.has(subject));
      if (at < 0) break;
      const [job] = this.#waiting.splice(at, 1);
      if (job) void this.#start(job);
    }
    if (this.#busy.size > 0 || this.#waiting.length > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  async #start(job: ExecJob): Promise<void> {
    this.#busy.add(job.subject);
    try {
      await this.#run(job);
    } catch {
      // Told where it happened; watching goes on.
    } finally {
      this.#busy.delete(job.subject);
      this.#next();
    }
  }
}
