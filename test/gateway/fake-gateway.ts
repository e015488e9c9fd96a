/** A gateway of our own on loopback: a real WebSocket server that misbehaves as it is told. */
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface Asked {
  readonly id: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export interface Behaviour {
  /** What it sends instead of its challenge; null: nothing at all. */
  readonly challenge?: string | null;
  /** Its answer to `connect`: an error, or what the greeting has beside the usual; undefined: none. */
  readonly connect?: (
    params: Record<string, unknown>,
    socket: WebSocket,
  ) => { error?: object; greeting?: object } | undefined;
  /** Its answer to any other request; undefined: the caller does what it wants with the socket. */
  readonly answer?: (asked: Asked, socket: WebSocket) => { payload?: unknown; error?: object } | undefined;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface FakeGateway {
  readonly url: string;
  /** All requests after `connect`, in order. */
  readonly asked: Asked[];
  /** The params of each `connect`. */
  readonly introductions: Record<string, unknown>[];
  /** How many connections are open. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export const NONCE = "nonce-of-the-test";

export async function fakeGateway(behaviour: Behaviour = {}): Promise<FakeGateway> {
  const server: HttpServer = behaviour.tls ? createHttpsServer(behaviour.tls) : createServer();
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const asked: Asked[] = [];
  const introductions: Record<string, unknown>[] = [];
  new WebSocketServer({ server }).on("connection", (socket) => {
    const challenge =
      behaviour.challenge === undefined ? event("connect.challenge", { nonce: NONCE }) : behaviour.challenge;
    if (challenge !== null) socket.send(challenge);
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      const request = JSON.parse(data.toString()) as Asked;
      if (request.method === "connect") {
        introductions.push(request.params);
        const said = behaviour.connect ? behaviour.connect(request.params, socket) : {};
        if (!said) return;
        const { error, greeting } = said;
        socket.send(
          JSON.stringify({ type: "res", id: request.id, ok: !error, error, payload: { ...GREETING, ...greeting } }),
        );
        return;
      }
      asked.push(request);
      const said = (behaviour.answer ?? (() => ({ payload: {} })))(request, socket);
      if (said) socket.send(answer(request, said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${behaviour.tls ? "wss" : "ws"}://127.0.0.1:${port}`,
    asked,
    introductions,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const GREETING = {
  type: "hello-ok",
  protocol: 4,
  server: { version: "2026.9.6" },
  features: { methods: ["sessions.list", "logs.tail"], events: [] },
  snapshot: { stateDir: "/home/user/.openclaw" },
  auth: { role: "operator", scopes: ["operator.admin"] },
};

export function answer({ id }: Pick<Asked, "id">, said: { payload?: unknown; error?: object }): string {
  return JSON.stringify({ type: "res", id, ok: !said.error, payload: said.payload, error: said.error });
}

export function event(name: string, payload: unknown): string {
  return JSON.stringify({ type: "event", event: name, payload });
}
