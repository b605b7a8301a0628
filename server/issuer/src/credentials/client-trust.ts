import type { ClientTrust } from "../store/client-trust.ts";

/** How many subjects of another issuer one client can be. */
const MAX_SUBJECTS = 64;

/** How long the name of an issuer or a subject may be, in UTF-16 units: tokens that gates read hold no longer ones. */
const MAX_NAME_CHARS = 1_024;

/**
 * Check whose tokens are to prove who a client is.
 *
 * @throws Error when the issuer has no name, or there are no subjects or too many
 */
export function assertTrust({ issuer, subjects }: ClientTrust): void {
  if (!isName(issuer)) {
    throw new Error(
      `the issuer that vouches for a client must be its exact name, of 1 to ${MAX_NAME_CHARS} characters`,
    );
  }
  if (subjects.length === 0 || subjects.length > MAX_SUBJECTS || !subjects.every(isName)) {
    throw new Error(
      `a client that another issuer vouches for needs 1 to ${MAX_SUBJECTS} subjects of it, each of 1 to ` +
        `${MAX_NAME_CHARS} characters`,
    );
  }
}

function isName(text: unknown): boolean {
  return typeof text === "string" && text !== "" && text.length <= MAX_NAME_CHARS && !/\p{Cc}/u.test(text);
}
