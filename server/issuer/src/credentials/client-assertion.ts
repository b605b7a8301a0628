import { createHash } from "node:crypto";
import type { Clock, KeySource, SignatureAlgorithm } from "@countersign/server";
import { AuthError } from "@countersign/server";
import {
  hasRefusedHeader,
  isSignatureError,
  parseCompactJws,
  toShortType,
  type UnverifiedJws,
  verifySignature,
} from "@countersign/server/internal";
import { type ClientRecord, findClient } from "../store/clients.ts";
import type { Store } from "../store/database.ts";
import { rememberAssertion } from "../store/seen-assertions.ts";
import { assertAssertionClaims } from "./assertion-claims.ts";
import { createAssertionKeys } from "./assertion-keys.ts";
import { ASSERTION_ALGORITHMS } from "./client-keys.ts";
import { isClientId } from "./client-names.ts";

/** What {@link createAssertionCheck} needs. */
export interface AssertionCheckOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The name of this server: the one value that claim `aud` may have. */
  readonly issuer: string;
  /** How far the clocks of client and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
  /** The longest assertion that is looked at, in bytes. */
  readonly maxTokenBytes: number;
}

/** Finds out which client has signed an assertion. */
export type AssertionCheck = (assertion: string) => Promise<ClientRecord>;

/**
 * The values of header `typ` that an assertion may have. One of access tokens is none of them, so that no token of
 * ours or of others ever passes for an assertion (RFC 8725 §3.11).
 */
const TYPES: readonly unknown[] = [undefined, "jwt", "client-authentication+jwt"];

/**
 * Create the check of signed assertions: `private_key_jwt`
 * ([RFC 7523 §3](https://www.rfc-editor.org/rfc/rfc7523#section-3)).
 *
 * A client that does not exist is answered like a wrong signature, after the same work. An assertion is good once,
 * at all servers of a store together.
 *
 * @returns a function that throws AuthError `CREDENTIALS_INVALID` for anything wrong, and `AUTH_UNAVAILABLE` when the
 *   store cannot be used
 */
export function createAssertionCheck(options: AssertionCheckOptions): AssertionCheck {
  const { store, clock, issuer, toleranceSeconds, maxTokenBytes } = options;
  const keys = createAssertionKeys();
  return async (assertion) => {
    const { algorithm, kid, clientId, payload } = readAssertion(assertion, maxTokenBytes);
    const known = isClientId(clientId) ? await findClient(store, clientId) : undefined;
    const client = known?.disabledAtMs === undefined ? known : undefined;
    await verify(assertion, keys.of(client), { algorithm, kid });
    if (client === undefined) {
      throw wrongAssertion();
    }
    // From here on its signer is known: what is wrong can be said.
    const nowSeconds = clock.nowMs() / 1_000;
    const { tokenId, keepUntilSeconds } = assertAssertionClaims(payload, {
      issuer,
      toleranceSeconds,
      nowSeconds,
    });
    const key = createHash("sha256")
      .update(JSON.stringify([clientId, tokenId]))
      .digest("base64url");
    const isNew = await rememberAssertion(
      store,
      { key, expiresAtMs: Math.ceil(keepUntilSeconds * 1_000) },
      clock.nowMs(),
    );
    if (!isNew) {
      throw new AuthError(
        "CREDENTIALS_INVALID",
        "the assertion was used before: each needs a jti of its own",
      );
    }
    return client;
  };
}

/** Read who claims to have signed an assertion, without believing it. @returns undefined when it is no assertion */
export function readAssertionIssuer(assertion: string, maxTokenBytes: number): string | undefined {
  try {
    const { iss } = parseCompactJws(assertion, maxTokenBytes).payload;
    return typeof iss === "string" ? iss : undefined;
  } catch {
    // The check of the assertion, which comes next, says what is wrong with it.
    return undefined;
  }
}

interface Assertion {
  readonly algorithm: SignatureAlgorithm;
  readonly kid: string | undefined;
  readonly clientId: string;
  readonly payload: UnverifiedJws["payload"];
}

function readAssertion(assertion: string, maxTokenBytes: number): Assertion {
  const { header, payload } = parse(assertion, maxTokenBytes);
  const { alg, typ, kid } = header;
  const algorithm = ASSERTION_ALGORITHMS.find((allowed) => allowed === alg);
  const isTyped = TYPES.includes(typeof typ === "string" ? toShortType(typ) : typ);
  const isKidText = kid === undefined || (typeof kid === "string" && kid !== "");
  const isPlain = !hasRefusedHeader(header);
  const { iss, sub } = payload;
  if (
    algorithm === undefined ||
    !isTyped ||
    !isKidText ||
    !isPlain ||
    typeof iss !== "string" ||
    iss !== sub
  ) {
    throw wrongAssertion();
  }
  return { algorithm, kid, clientId: iss, payload };
}

function parse(assertion: string, maxTokenBytes: number): UnverifiedJws {
  try {
    return parseCompactJws(assertion, maxTokenBytes);
  } catch (cause) {
    throw wrongAssertion(cause);
  }
}

async function verify(
  assertion: string,
  keys: Pick<KeySource, "find">,
  { algorithm, kid }: Pick<Assertion, "algorithm" | "kid">,
): Promise<void> {
  const found = await keys.find(kid, algorithm);
  if (found === undefined) {
    throw wrongAssertion();
  }
  try {
    await verifySignature(assertion, found);
  } catch (cause) {
    throw isSignatureError(cause) ? wrongAssertion(cause) : cause;
  }
}

function wrongAssertion(cause?: unknown): AuthError {
  return new AuthError("CREDENTIALS_INVALID", "the client could not be authenticated", { cause });
}
