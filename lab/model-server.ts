/**
 * A language model that does as it is told: a loopback server of the
 * OpenAI-completions kind. The text of a message says what becomes of its turn
 * (`[lab slow 20 #run-id]`), and the server remembers what became of every
 * stream: the truth about a run that no log of the gateway can colour.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour =
  | "ok" /** answers at once */
  | "slow" /** answers after `argument` seconds */
  | "hang" /** begins to answer and never ends; a few characters now and then keep every client waiting */
  | "silent" /** sends nothing at all, not even a header */
  | "error" /** refuses with HTTP 400, whichever provider is asked */
  | "failover" /** the first provider refuses with HTTP 403, the spare one answers */
  | "restart"; /** calls the tool `gateway` with action restart, then hangs */

export interface Stream {
  /** The id of the message that is answered here: the last one that carries a directive. */
  readonly id: string;
  /** Ids of all messages that the last turn of the user holds: more than one where the gateway merged some. */
  readonly ids: readonly string[];
  readonly behaviour: Behaviour | "other";
  readonly provider: string;
  /** The last turn is not a message of ours: the gateway continues a turn that was cut. */
  readonly continued: boolean;
  readonly openedAt: number;
  endedAt?: number;
  /** Who ended it: we, with a full answer or a refusal, or the gateway, by closing. */
  end?: "answered" | "refused" | "tool-call" | "closed-by-client";
}

interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
}

const DIRECTIVE = /\[lab (\w+)(?: ([\d.]+))? #([\w.-]+)\]/g;
/** What the gateway says to the model when it goes on with a turn that a restart cut. */
const CUT_TURN = /previous turn was interrupted by a gateway restart/i;
const TRICKLE_MS = 8_000;

/** The text of a message that makes the model do `behaviour`. */
export function directive(behaviour: Behaviour, id: string, argument?: number): string {
  return `Please help with the weekly plan. [lab ${behaviour}${argument === undefined ? "" : ` ${argument}`} #${id}]`;
}

export class ModelServer {
  readonly streams: Stream[] = [];
  readonly #server: Server;
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ModelServer> {
    const server = createServer();
    const model = new ModelServer(server);
    server.on("request", (request, response) => void model.#answer(request, response));
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return model;
  }

  /** The base URL of a provider; the provider's name is part of the path. */
  url(provider: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${provider}/v1`;
  }

  streamsOf(id: string): Stream[] {
    return this.streams.filter((stream) => stream.id === id);
  }

  /** Cuts every stream and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (request.method !== "POST" || body === undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end('{"object":"list","data":[]}');
      return;
    }
    const messages = (body["messages"] ?? []) as readonly ChatMessage[];
    const streaming = body["stream"] === true;
    const stream = openStream(messages, providerOf(request.url));
    this.streams.push(stream);
    response.on("close", () => {
      if (stream.end === undefined) finish(stream, "closed-by-client");
    });
    const argument = stream.argument;
    switch (stream.behaviour) {
      case "slow":
        startStream(response, streaming, this.#trickle(response, stream));
        this.#later(argument * 1000, () => answer(response, stream, streaming));
        return;
      case "hang":
        startStream(response, streaming, this.#trickle(response, stream));
        return;
      case "silent":
        return;
      case "error":
        refuse(response, stream, 400);
        return;
      case "failover":
        if (stream.provider === "spare") answer(response, stream, streaming);
        else refuse(response, stream, 403);
        return;
      case "restart":
        if (messages.at(-1)?.role === "tool") startStream(response, streaming, this.#trickle(response, stream));
        else callRestartTool(response, stream);
        return;
      case "ok":
      case "other":
        answer(response, stream, streaming);
    }
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  /** A sign of life now and then, so that neither an HTTP client nor an idle watch gives the stream up. */
  #trickle(response: ServerResponse, stream: Stream): () => void {
    return () => {
      const timer = setInterval(() => {
        if (stream.end === undefined && !response.writableEnded) response.write(chunk({ content: " ." }));
        else {
          clearInterval(timer);
          this.#timers.delete(timer);
        }
      }, TRICKLE_MS);
      this.#timers.add(timer);
    };
  }
}

function openStream(messages: readonly ChatMessage[], provider: string): Stream & { readonly argument: number } {
  const users = messages.filter((message) => message.role === "user" && !isOwnContext(message));
  const lastText = textOf(users.at(-1));
  const last = directivesIn(lastText);
  const found =
    last.length > 0 ? last : (users.map((user) => directivesIn(textOf(user))).findLast((ds) => ds.length > 0) ?? []);
  const chosen = found.at(-1);
  return {
    id: chosen?.id ?? "",
    ids: last.map((one) => one.id),
    behaviour: chosen?.behaviour ?? "other",
    argument: chosen?.argument ?? 0,
    provider,
    continued: chosen !== undefined && (last.length === 0 || CUT_TURN.test(afterLastDirective(lastText))),
    openedAt: Date.now(),
  };
}

/** 9.x puts what it knows of itself behind the user's message, in the user's name. */
function isOwnContext(message: ChatMessage): boolean {
  return textOf(message).includes("BEGIN_OPENCLAW_INTERNAL_CONTEXT");
}

function directivesIn(text: string): { behaviour: Behaviour; argument: number; id: string }[] {
  return [...text.matchAll(DIRECTIVE)].map((match) => ({
    behaviour: match[1] as Behaviour,
    argument: Number(match[2] ?? 0),
    id: match[3]!,
  }));
}

function afterLastDirective(text: string): string {
  return text.slice(text.lastIndexOf("[lab "));
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}

function providerOf(url: string | undefined): string {
  return url?.split("/")[1] ?? "";
}

function finish(stream: Stream, end: NonNullable<Stream["end"]>): void {
  stream.end = end;
  stream.endedAt = Date.now();
}

function startStream(response: ServerResponse, streaming: boolean, trickle: () => void): void {
  if (!streaming) return;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(chunk({ role: "assistant", content: "Let me see" }));
  trickle();
}

function answer(response: ServerResponse, stream: Stream, streaming: boolean): void {
  if (stream.end !== undefined || response.destroyed) return;
  const text = ` All set. (${stream.ids.join(", ") || stream.id})`;
  finish(stream, "answered");
  if (!streaming) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        ...envelope("chat.completion"),
        choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
        usage: USAGE,
      }),
    );
    return;
  }
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chunk({ role: "assistant", content: text }));
  response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
}

function callRestartTool(response: ServerResponse, stream: Stream): void {
  finish(stream, "tool-call");
  response.writeHead(200, { "content-type": "text/event-stream" });
  const call = {
    index: 0,
    id: "call_1",
    type: "function",
    function: { name: "gateway", arguments: '{"action":"restart"}' },
  };
  response.write(chunk({ role: "assistant", tool_calls: [call] }));
  response.end(`${chunk({}, "tool_calls")}data: [DONE]\n\n`);
}

function refuse(response: ServerResponse, stream: Stream, status: number): void {
  finish(stream, "refused");
  response.writeHead(status, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ error: { message: `the lab's model refuses (${status})`, type: "lab", code: `lab_${status}` } }),
  );
}

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function envelope(object: string): object {
  return { id: "lab", object, created: Math.floor(Date.now() / 1000), model: "lab" };
}

function chunk(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const usage = finishReason === null ? {} : { usage: USAGE };
  return `data: ${JSON.stringify({ ...envelope("chat.completion.chunk"), choices, ...usage })}\n\n`;
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  let text = "";
  for await (const part of request) text += String(part);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
