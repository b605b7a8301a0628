import { AuthError } from "../errors/auth-error.ts";
import { describeForeignError } from "../errors/foreign-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { isPromise } from "./found-keys.ts";
import type { FoundKeys, KeySource } from "./key-source.ts";

/** Says that a key source of the application's has failed, with what it threw as its cause. */
export class KeySourceError extends Error {
  override readonly name = "KeySourceError";
}

/** Find in a refusal what its caller does not learn: that a key source of the application's has failed. */
export function findKeySourceError(refusal: unknown): KeySourceError | undefined {
  const cause = refusal instanceof AuthError ? refusal.cause : undefined;
  return cause instanceof KeySourceError ? cause : undefined;
}

/**
 * Have calls refused with `AUTH_UNAVAILABLE` when a key source of the application's fails: a failure is no answer, and
 * signs no user out.
 *
 * @param issuer the name of the issuer, for the error
 */
export function guardOwnSource(source: KeySource, issuer: string): KeySource {
  const refuse = (error: unknown): never => {
    throw error instanceof AuthError ? error : toRefusal(error, issuer);
  };
  const attempt = <Answer>(ask: () => Answer): Answer => {
    try {
      return ask();
    } catch (error) {
      return refuse(error);
    }
  };
  const find = (ask: () => FoundKeys | Promise<FoundKeys>): FoundKeys | Promise<FoundKeys> =>
    attempt(() => {
      const found = ask();
      // A promise of another library may have no catch.
      return isPromise(found) ? Promise.resolve(found).catch(refuse) : found;
    });
  return {
    find: (...args) => find(() => source.find(...args)),
    // The promise of a source in plain JavaScript is no yes.
    isTrusted: (key) => attempt(() => source.isTrusted(key) === true),
    findKnown: (...args) => attempt(() => source.findKnown?.(...args)),
    findAgain: (...args) => find(() => source.findAgain?.(...args)),
    hasSharedSecret: source.hasSharedSecret === true,
    prefetch() {
      // What goes wrong is for `find` to report. A promise that rejects unheard would end the process.
      new Promise((settle) => settle(source.prefetch?.())).catch(() => {});
    },
    failure: () => source.failure?.(),
  };
}

function toRefusal(error: unknown, issuer: string): AuthError {
  const cause = new KeySourceError(`the key source of issuer ${issuer} failed`, { cause: error });
  return createRefusal("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
    cause,
    facts: {
      check: "keys_unavailable",
      expected: "a key",
      got: () => `error: ${describeForeignError(error)}`,
    },
  });
}
