/**
 * The lanes of a made gateway: who is let in, who waits, and the lines that a
 * real one logs of it. Written from what the gateways do, not from the tracker,
 * so that each can prove the other wrong.
 */

interface Lane {
  active: number;
  readonly queue: (() => void)[];
}

export class BusyLanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #limits: Readonly<Record<string, number>>;
  readonly #log: (message: string) => void;

  /** @param limits of the lanes that all sessions share; a session's own takes one at a time */
  constructor(limits: Readonly<Record<string, number>>, log: (message: string) => void) {
    this.#limits = limits;
    this.#log = log;
  }

  /** How many are at work in the lanes that sessions share. */
  get running(): number {
    let sum = 0;
    for (const [name, { active }] of this.#lanes) if (name in this.#limits) sum += active;
    return sum;
  }

  isFull(name: string): boolean {
    return this.#of(name).active >= this.#limitOf(name);
  }

  /** @param begin called as soon as the lane has room: within this call, or when another task ends */
  enqueue(name: string, begin: () => void): void {
    const lane = this.#of(name);
    lane.queue.push(begin);
    this.#log(`lane enqueue: lane=${name} queueSize=${lane.active + lane.queue.length}`);
    this.#letIn(name, lane);
  }

  /** A task of the lane is over, and whoever waits there moves up. */
  finish(name: string): void {
    const lane = this.#of(name);
    lane.active--;
    const sizes = `active=${lane.active} queued=${lane.queue.length}`;
    this.#log(`lane task done: lane=${name} durationMs=20000 ${sizes}`);
    this.#letIn(name, lane);
    // Sessions come and go, and a gateway that is soaked lives for long.
    if (lane.active + lane.queue.length === 0) this.#lanes.delete(name);
  }

  #letIn(name: string, lane: Lane): void {
    while (lane.active < this.#limitOf(name)) {
      const begin = lane.queue.shift();
      if (!begin) return;
      lane.active++;
      this.#log(`lane dequeue: lane=${name} waitMs=1 queueSize=${lane.queue.length}`);
      begin();
    }
  }

  #limitOf(name: string): number {
    return this.#limits[name] ?? 1;
  }

  #of(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) this.#lanes.set(name, (lane = { active: 0, queue: [] }));
    return lane;
  }
}
