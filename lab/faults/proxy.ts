/**
 * Stands on loopback between the tool and a gateway, passes on every byte as it
 * came, and does to the connection what a schedule says. It sees requests and
 * answers go by, so that whoever kills a process can do it between two of them.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

import { faultyPieces } from "./faulty-pieces.ts";
import { Splitter, type Piece } from "./frames.ts";
import { answeredIn, isStep, requestIn, type Request } from "./requests.ts";
import type { AnswerFault, Befall, Direction, Place, Schedule } from "./schedule.ts";

/** A moment at which something may be done to a process. */
export interface Moment {
  readonly direction: Direction;
  /** Of the piece, from 0 on, in its direction. */
  readonly index: number;
  readonly when: "before" | "after";
}

interface ProxyOptions {
  /** Hears of each piece; `drop`: it goes no further, and the connection breaks off. */
  readonly onMoment?: (moment: Moment) => "drop" | undefined;
}

/** No test and no trial of the lab takes longer (ms): a proxy whose owner forgot it ends. */
const LIFE_MS = 15 * 60_000;
/** How long an answer that is to come later waits for a next one (ms). */
const LATER_MS = 40;

export class FaultProxy {
  readonly url: string;
  /** What reached the gateway's socket whole. */
  readonly passed: Request[] = [];
  /** What befell, in order, for the counts. */
  readonly befallen: string[] = [];
  readonly #server: Server;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #options: ProxyOptions;
  #schedule: Schedule = [];
  #counts: Record<Direction, number> = { "to-gateway": 0, "to-us": 0 };
  #stepId: string | undefined;

  private constructor(server: Server, port: number, options: ProxyOptions) {
    this.#server = server;
    this.#port = port;
    this.#options = options;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket) => this.#serve(socket));
    setTimeout(() => void this.close(), LIFE_MS).unref();
  }

  /** @param port where the gateway listens on loopback */
  static async start(port: number, options: ProxyOptions = {}): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new FaultProxy(server, port, options);
  }

  /** From now on, for new connections and old ones; pieces count from 0 again. */
  arm(schedule: Schedule): void {
    this.#schedule = schedule;
    this.#counts = { "to-gateway": 0, "to-us": 0 };
    this.#stepId = undefined;
  }

  /** Ends what an earlier call left behind, and does no more harm. */
  heal(): void {
    this.arm([]);
    this.breakOff();
  }

  /** Ends every connection. */
  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.heal();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(us: Socket): void {
    const gateway = connect(this.#port, "127.0.0.1");
    for (const socket of [us, gateway]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // What breaks off is what this is about.
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    }
    const pair = { us, gateway, isDead: { "to-gateway": false, "to-us": false } };
    this.#pump("to-gateway", us, gateway, pair);
    this.#pump("to-us", gateway, us, pair);
  }

  #pump(direction: Direction, from: Socket, to: Socket, pair: Pair): void {
    const splitter = new Splitter();
    // One piece after the other, also where one is late.
    let turn = Promise.resolve();
    const line: Line = { direction, to, pair, held: undefined };
    from.on("data", (chunk: Buffer) => {
      for (const piece of splitter.push(chunk)) turn = turn.then(() => this.#pass(piece, line));
    });
    from.on("close", () => {
      turn = turn.then(() => {
        // Whoever does not answer any more does not say good-bye either.
        if (!pair.isDead[direction]) to.destroySoon();
      });
    });
  }

  async #pass(piece: Piece, line: Line): Promise<void> {
    const { direction, to, pair } = line;
    if (to.destroyed) return;
    const index = this.#counts[direction]++;
    if (this.#options.onMoment?.({ direction, index, when: "before" }) === "drop") return this.#break(pair, "end");
    const befall = this.#schedule.find(
      (it) => it.direction === direction && this.#isAt(it.at, index, piece, direction),
    );
    if (befall) this.befallen.push(befall.fault.what);
    // A dead direction is dead for what comes later, whatever else was to befall it.
    if (pair.isDead[direction]) return;
    if (befall) await this.#apply(befall, piece, line);
    else this.#send(piece, line);
    this.#options.onMoment?.({ direction, index, when: "after" });
  }

  #isAt(at: Place, index: number, piece: Piece, direction: Direction): boolean {
    if (at !== "step") return at === index;
    if (direction === "to-us") return this.#stepId !== undefined && answeredIn(piece.text) === this.#stepId;
    const request = requestIn(piece.text);
    if (!request || !isStep(request) || this.#stepId !== undefined) return false;
    this.#stepId = request.id;
    return true;
  }

  async #apply({ fault }: Befall, piece: Piece, line: Line): Promise<void> {
    const { direction, to, pair } = line;
    switch (fault.what) {
      case "delay":
        await pause(fault.ms);
        this.#send(piece, line);
        break;
      case "cut":
        if (fault.after === "all" || fault.after >= piece.bytes.length) this.#send(piece, line);
        else to.write(piece.bytes.subarray(0, fault.after));
        this.#break(pair, fault.how);
        break;
      case "silence":
        pair.isDead[direction] = true;
        break;
      case "half-open":
        pair.isDead["to-gateway"] = pair.isDead["to-us"] = true;
        break;
      case "later":
        line.held = piece;
        setTimeout(() => this.#release(line), LATER_MS).unref();
        break;
      default:
        this.#distort(fault, piece, line);
    }
  }

  /** What only the bytes are different of. */
  #distort(fault: AnswerFault, piece: Piece, line: Line): void {
    const { bytes, isLast } = faultyPieces(fault, piece);
    for (const part of bytes) line.to.write(part);
    if (isLast) this.#break(line.pair, "end");
    else if (bytes.includes(piece.bytes)) this.#note(piece, line.direction);
  }

  #send(piece: Piece, line: Line): void {
    if (line.to.destroyed) return;
    line.to.write(piece.bytes);
    this.#note(piece, line.direction);
    this.#release(line);
  }

  #release(line: Line): void {
    const { held } = line;
    line.held = undefined;
    if (held && !line.to.destroyed) line.to.write(held.bytes);
  }

  #note(piece: Piece, direction: Direction): void {
    const request = direction === "to-gateway" ? requestIn(piece.text) : undefined;
    if (!request) return;
    this.passed.push(request);
    if (isStep(request)) this.#stepId ??= request.id;
  }

  #break({ us, gateway }: Pair, how: "end" | "reset"): void {
    // What was handed over is handed over: only we lose the connection abruptly.
    gateway.destroySoon();
    if (how === "reset") us.resetAndDestroy();
    else us.destroySoon();
  }
}

/** Both sockets of one connection of ours. */
interface Pair {
  readonly us: Socket;
  readonly gateway: Socket;
  readonly isDead: Record<Direction, boolean>;
}

interface Line {
  readonly direction: Direction;
  readonly to: Socket;
  readonly pair: Pair;
  held: Piece | undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
