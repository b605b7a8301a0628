import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { joinKeys } from "../../../server/gate/src/keys/joined-keys.ts";
import type { KeySource, VerificationKey } from "../../../server/gate/src/keys/key-source.ts";
import { findKeySourceError, guardOwnSource } from "../../../server/gate/src/keys/own-source.ts";
import { notEmpty } from "../../support/not-empty.ts";

const ISSUER = "https://issuer.example";
const key: VerificationKey = { kid: "one", algorithm: "ES256", key: {} as CryptoKey }; // never used here

/** What the store behind a source says in its error, which no caller may learn. */
const broken = new RangeError("the store at 10.0.0.7 is broken");

/** All ways to ask a source that may throw. */
const QUESTIONS = notEmpty([
  ["find", (source: KeySource) => source.find("one", "ES256")],
  ["findKnown", (source: KeySource) => source.findKnown?.("one", "ES256")],
  ["findAgain", (source: KeySource) => source.findAgain?.("one", "ES256", [])],
  ["isTrusted", (source: KeySource) => source.isTrusted(key)],
] as const);

/** A promise of another library, which need have no catch. */
const thenable = (then: (resolve: (found: unknown) => void, reject: (error: unknown) => void) => void) => ({
  then,
});
const throwBroken = (): never => {
  throw broken;
};

/** Ways to fail that come later. */
const REJECTIONS = notEmpty([
  ["a promise", () => Promise.reject(broken)],
  ["a thenable", () => thenable((_, reject) => reject(broken))],
  ["a thenable that throws", () => thenable(throwBroken)],
] as const);

/** A source that answers all questions alike. */
const sourceOf = (answer: () => unknown): KeySource =>
  ({ find: answer, findKnown: answer, findAgain: answer, isTrusted: answer, prefetch: answer }) as KeySource; // as plain JavaScript may

async function failureOf(ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    return error;
  }
}

function assertReported(error: unknown): void {
  expect(error).toMatchObject({
    reason: "AUTH_UNAVAILABLE",
    message: "the issuer's keys cannot be had just now",
    facts: { check: "keys_unavailable", got: "error: RangeError" },
  });
  expect(findKeySourceError(error)).toMatchObject({
    message: `the key source of issuer ${ISSUER} failed`,
    cause: broken,
  });
}

describe("a key source of the application's", () => {
  test.each(QUESTIONS)("that throws when asked to %s fails with AUTH_UNAVAILABLE, and says why", (_, ask) => {
    const guarded = guardOwnSource(sourceOf(throwBroken), ISSUER);
    try {
      void ask(guarded);
    } catch (error) {
      return assertReported(error);
    }
    return expect.unreachable();
  });

  test.each(REJECTIONS)("that rejects with %s does so too", async (_, answer) => {
    const guarded = guardOwnSource(sourceOf(answer), ISSUER);
    assertReported(await failureOf(() => guarded.find("one", "ES256")));
    assertReported(await failureOf(() => guarded.findAgain?.("one", "ES256", [])));
  });

  test("keeps the reason of its own that it refuses with", async () => {
    const own = new AuthError("AUTH_UNAVAILABLE", "in maintenance", { retryAfterMs: 5_000 });
    for (const answer of [
      () => Promise.reject(own),
      () => {
        throw own;
      },
    ]) {
      const guarded = guardOwnSource(sourceOf(answer), ISSUER);
      expect(await failureOf(() => guarded.find("one", "ES256"))).toBe(own);
    }
    expect(findKeySourceError(own)).toBeUndefined();
  });

  test("answers as it did, without a promise where it has none", async () => {
    const promise = thenable((resolve) => resolve(key));
    const plain = guardOwnSource({ find: () => key, isTrusted: () => true }, ISSUER);
    expect([plain.find("one", "ES256"), plain.isTrusted(key)]).toEqual([key, true]);
    expect([plain.findKnown?.("one", "ES256"), plain.findAgain?.("one", "ES256", [])]).toEqual([
      undefined,
      undefined,
    ]);
    expect(
      await guardOwnSource(
        sourceOf(() => promise),
        ISSUER,
      ).find("one", "ES256"),
    ).toBe(key);
  });

  test("trusts a key only when it says true: a promise of a no is no yes", () => {
    expect(
      guardOwnSource(
        sourceOf(() => Promise.resolve(false)),
        ISSUER,
      ).isTrusted(key),
    ).toBe(false);
  });

  test("that cannot fetch its keys ahead does not end the process", async () => {
    let asked = 0;
    const prefetch = async () => {
      asked += 1;
      throw broken;
    };
    guardOwnSource(sourceOf(prefetch), ISSUER).prefetch?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(1); // an unhandled rejection fails the run
  });

  test("takes no other source of its issuer down, and fails where no other one has the key", () => {
    const failing = guardOwnSource(sourceOf(throwBroken), ISSUER);
    const other: KeySource = {
      find: () => key,
      findKnown: () => key,
      isTrusted: (each) => each === key,
    };
    const joined = joinKeys([failing, other]);
    expect(joined.find("one", "ES256")).toBe(key);
    expect(joined.isTrusted(key)).toBe(true);
    expect(() => joined.isTrusted({ ...key })).toThrowError("the issuer's keys cannot be had just now");
  });
});
