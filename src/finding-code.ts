import { nearest, UserError } from "./errors.ts";
import { FINDING_CODES } from "./model.ts";
import type { FindingCode } from "./model.ts";

/**
 * The finding that the user named.
 * @param where the option or command that the word was given to
 * @throws UserError with the codes there are, and the one that was probably meant
 */
export function findingCode(where: string, text: string): FindingCode {
  const code = FINDING_CODES.find((known) => known === text.trim());
  if (code) return code;
  const meant = nearest(text.trim(), FINDING_CODES);
  throw new UserError(
    `${where}: there is no finding ${JSON.stringify(text)}`,
    `${meant ? `Did you mean ${meant}? ` : ""}The codes are ${FINDING_CODES.join(", ")}`,
  );
}
