/** Tokens and passwords, which nobody must see: neither in output nor in an error, a log or a child's argv. */
import { inspect } from "node:util";

const SHOWN = "[secret]";

/** A secret that shows itself only to who asks for it by name, however it is printed. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

export interface Credentials {
  readonly token: Secret | undefined;
  readonly password: Secret | undefined;
  /** Where they come from, for an error: `--token`, `OPENCLAW_GATEWAY_TOKEN`, `gateway.auth.token in …`. */
  readonly source: string;
}

/** Shorter ones would turn any text into stars, and are no secret worth it. */
const SHORTEST = 4;

/** A text from outside without the secrets that it may quote. */
export function withoutSecrets(text: string, { token, password }: Pick<Credentials, "token" | "password">): string {
  let clean = text;
  for (const secret of [token, password]) {
    const plain = secret?.reveal() ?? "";
    if (plain.length >= SHORTEST) clean = clean.replaceAll(plain, SHOWN);
  }
  return clean;
}
