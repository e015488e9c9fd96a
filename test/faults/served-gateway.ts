/** The imagined gateway of test/repair, spoken to over the real protocol, with the truth about its sessions. */
import { mayChange, type Request } from "../../lab/faults/requests.ts";
import { answer, event, fakeGateway, type FakeGateway as Server } from "../gateway/fake-gateway.ts";
import { endedLog, FakeGateway, wedgedLogOf } from "../repair/fake-gateway.ts";
import { GatewayError } from "../../src/gateway/gateway.ts";

export interface Nature {
  /** As it greets; null: `dev`, as many do. */
  readonly version: string | null;
  /** Its log is at debug level, so that it shows runs. */
  readonly debug: boolean;
  /** The request that ends the run; null: none does. */
  readonly helps: "chat.send" | "chat.abort" | "sessions.abort" | "sessions.reset" | null;
  /** It answers that request with an error, and has done what was asked all the same. */
  readonly denies: boolean;
}

/** The gateway of the defect: `/stop:` helps, and nothing else does. */
export const EARLY: Nature = { version: "2026.1.24-3", debug: true, helps: "chat.send", denies: false };

/** The forms of the key of a session. */
export function formsOf(room: string): ReadonlySet<string> {
  return new Set([room, `agent:main:${room}`]);
}

/** Of the session that is held where nothing else is said. */
export const KEYS = formsOf("main");

const REPLY = { state: "final", message: { content: [{ type: "text", text: "Yes." }] } };

export interface ServedGateway {
  readonly port: number;
  /** What it got that may change something, in order. */
  readonly arrived: readonly Request[];
  /** The forms of the keys of the sessions that are free. */
  free(): ReadonlySet<string>;
  /** Resolves when nobody is connected, and so nothing is on its way any more. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * `room` is free, each of the others is held by a run that a restart cut.
 * @param now of the gateway's clock, in milliseconds since the epoch
 * @param heldAt when the gateway started whose runs hold the sessions
 */
export async function serveGateway(
  nature: Nature,
  now: () => number,
  heldAt?: number,
  rooms: readonly string[] = ["main"],
): Promise<ServedGateway> {
  const sessionOf = (key: string) => ({ key: `agent:main:${key}`, sessionId: `id-${key}` });
  const gateway = new FakeGateway([...rooms, "room"].map(sessionOf));
  const runs = rooms.map((key, index) => ({ key, sessionId: `id-${key}`, runId: `run-${index + 1}` }));
  if (nature.debug) wedgedLogOf(gateway, runs, heldAt);
  else gateway.write("gateway", "listening on ws://127.0.0.1:18789 (PID 1)", heldAt ?? 0, "INFO");
  const arrived: Request[] = [];
  const held = new Set(runs);
  const holderIn = (params: Readonly<Record<string, unknown>>) =>
    [...held].find(({ key }) => formsOf(key).has(String(params["sessionKey"] ?? params["key"])));
  if (nature.helps !== null) {
    gateway.does.set(nature.helps, (params) => {
      const isStop = nature.helps !== "chat.send" || params["message"] === "/stop:";
      const holder = holderIn(params);
      if (!holder || !isStop) return { ok: true };
      held.delete(holder);
      endedLog(gateway, now(), holder.key, holder.sessionId, holder.runId);
      if (nature.denies) throw new GatewayError("rejected", "no", true);
      return { ok: true };
    });
  }
  const server: Server = await fakeGateway({
    connect: () => ({
      greeting: { server: { version: nature.version ?? "dev" }, features: { methods: [] }, snapshot: {} },
    }),
    answer(asked, socket) {
      if (mayChange(asked)) arrived.push(asked);
      const params = typeof asked.params === "object" ? asked.params : {};
      void gateway.request(asked.method, params).then(
        (payload) => {
          socket.send(answer(asked, { payload }));
          const isAnswered = !holderIn(params) && asked.method === "chat.send" && params["message"] !== "/stop:";
          if (isAnswered) socket.send(event("chat", { runId: params["idempotencyKey"], ...REPLY }));
        },
        () => socket.send(answer(asked, { error: { code: "UNAVAILABLE", message: "try again in a moment" } })),
      );
      return undefined;
    },
  });
  return {
    port: Number(new URL(server.url).port),
    arrived,
    free: () => {
      const free = runs.filter((run) => !held.has(run)).map(({ key }) => key);
      return new Set(["room", ...free].flatMap((key) => [...formsOf(key)]));
    },
    async idle() {
      while (server.connections() > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    close: () => server.close(),
  };
}
