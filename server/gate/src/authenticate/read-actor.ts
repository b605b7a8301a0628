import type { AuthError } from "../errors/auth-error.ts";
import type { Claims } from "./claim-source.ts";
import type { Actor } from "./principal.ts";
import { IDENTIFIER_FORM, invalidClaim, isIdentifier } from "./read-claims.ts";

/** How many parties may have acted for one another: more is a circle, not a chain. */
const MAX_ACTORS = 4;

/**
 * Read claim `act`: who acts for the subject, and who acted before
 * ([RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693#section-4.1)). The claim limits what a token is worth, so one
 * that is not understood is never passed over.
 *
 * @returns the party that acts; undefined when the claim is missing: the subject acts for itself
 * @throws AuthError `TOKEN_INVALID` when a party has no `sub`, a member of the wrong form, or there are more than four
 */
export function readActor(claims: Claims): Actor | undefined {
  return claims.act === undefined ? undefined : toActor(claims.act, 1);
}

function toActor(value: unknown, depth: number): Actor {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > MAX_ACTORS) {
    throw invalidActor(
      `act is not a chain of at most ${MAX_ACTORS} parties`,
      "an object that names a party",
      value,
    );
  }
  const { sub, iss, client_id: clientId, act }: Claims = { ...value };
  if (!isIdentifier(sub) || !isOptionalIdentifier(iss) || !isOptionalIdentifier(clientId)) {
    throw invalidActor("act does not name a party", IDENTIFIER_FORM, sub);
  }
  const actor = act === undefined ? undefined : toActor(act, depth + 1);
  return Object.freeze({ subject: sub, issuer: iss, clientId, actor });
}

function isOptionalIdentifier(value: unknown): value is string | undefined {
  return value === undefined || isIdentifier(value);
}

function invalidActor(rule: string, expected: string, got: unknown): AuthError {
  return invalidClaim(rule, { check: "actor", expected, got });
}
