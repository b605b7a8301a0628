import { describe, expect, test } from "vitest";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { joinKeys } from "../../../server/gate/src/keys/joined-keys.ts";
import type { FoundKeys, KeySource, VerificationKey } from "../../../server/gate/src/keys/key-source.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { issuersOf, refusalOf, trustedIssuer } from "../authenticate/fixtures.ts";

const right = createSigningKey("ES256", "right");
const token = signToken(right, goodClaims(), { kid: undefined });
/** A key set without names, of keys that have signed no token here. */
const strange = (count: number): KeySource =>
  staticKeys(...Array.from({ length: count }, () => createSigningKey("ES256", "strange")));

function staticKeys(...keys: readonly { readonly jwk: object }[]): KeySource {
  const jwks = keys.map(({ jwk }) => ({ ...jwk, kid: undefined }));
  return createStaticKeys({ keys: jwks }, ["ES256"]);
}

/** A source that must be asked for what it has. */
const onDemand = (source: KeySource): KeySource => ({
  find: async (kid, algorithm) => source.find(kid, algorithm),
  isTrusted: source.isTrusted,
});
const answering = (answer: unknown): KeySource => ({
  find: () => answer as FoundKeys, // what comes from JavaScript may be anything
  findKnown: () => answer as FoundKeys,
  isTrusted: () => false,
});
const down: KeySource = {
  find: () => Promise.reject(new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now")),
  isTrusted: () => false,
};

const verify = (...sources: readonly KeySource[]) =>
  verifyToken(token, issuersOf(trustedIssuer({ keys: joinKeys(sources) })));

describe("the one right key of several sources is found for a token that names none", () => {
  const cases: Readonly<Record<string, readonly KeySource[]>> = {
    "behind a source of four": [strange(4), staticKeys(right)],
    "behind four sources": [strange(4), strange(4), strange(1), strange(1), staticKeys(right)],
    "behind a source of four, where it must be fetched": [strange(4), onDemand(staticKeys(right))],
    "behind two of four that must be fetched": [
      onDemand(strange(4)),
      onDemand(strange(4)),
      onDemand(staticKeys(right)),
    ],
    "beside a source that is down": [strange(1), down, onDemand(staticKeys(right))],
    "before a source that is down": [strange(4), onDemand(staticKeys(right)), down],
    "beside an empty source": [strange(1), answering([]), onDemand(staticKeys(right))],
    "beside a source that answers with null": [strange(1), answering(null), onDemand(staticKeys(right))],
    "in a source that has it once it is asked again": [strange(1), renewed(right)],
  };
  test.each(notEmpty(Object.entries(cases)))("%s", async (_, sources) => {
    await Promise.all(
      sources.map((source) => Promise.resolve(source.find(undefined, "ES256")).catch(() => {})),
    );
    expect((await verify(...sources)).principal.subject).toBe("usr_ada");
  });
});

/** A source of the application's without `findKnown`, whose new key stands under an old name. */
function renewed(key: typeof right): KeySource {
  const [before, after] = [strange(1), staticKeys(key)];
  return {
    find: (kid, algorithm) => before.find(kid, algorithm),
    findAgain: (kid, algorithm) => after.find(kid, algorithm),
    isTrusted: () => true,
  };
}

describe("a token that no key verifies", () => {
  test("is invalid, and unavailable where one of the sources is", async () => {
    expect(await refusalOf(() => verify(strange(2), onDemand(strange(2))))).toEqual({
      reason: "TOKEN_INVALID",
      message: "the signature does not verify",
    });
    for (const sources of [
      [strange(1), down],
      [onDemand(strange(4)), down],
      [strange(4), strange(4), down],
      [down, strange(1), onDemand(strange(1))],
    ]) {
      expect(await refusalOf(() => verify(...sources))).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    }
  });

  test.each(notEmpty([[], null, undefined, Promise.resolve([]), Promise.resolve(null)]))(
    "has no key where a source answers with %o",
    async (answer) => {
      expect(await refusalOf(() => verify(answering(answer)))).toEqual({
        reason: "TOKEN_INVALID",
        message: "the issuer has no such key",
      });
    },
  );

  test("has eight signatures verified at the most, however many keys a source brings", async () => {
    let used = 0;
    const used1 = (): VerificationKey => ({
      kid: undefined,
      algorithm: "ES256",
      get key() {
        used += 1;
        return key;
      },
    });
    const { key } = (await strange(1).find(undefined, "ES256")) as VerificationKey; // there is one
    const endless: KeySource = {
      find: () => Array.from({ length: 9 }, used1),
      findAgain: async () => Array.from({ length: 9 }, used1),
      isTrusted: () => true,
    };
    expect(await refusalOf(() => verify(endless))).toMatchObject({ reason: "TOKEN_INVALID" });
    expect(used).toBe(8);
  });
});

test("keys that come with the promise of another library are waited for", async () => {
  const keys = staticKeys(right);
  const found = await keys.find(undefined, "ES256");
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  const source = answering({ then: (take: (keys: FoundKeys) => void) => take(found) });
  expect((await verify({ ...source, isTrusted: keys.isTrusted })).key).toBe(found);
});

test("more keys of joined sources than are tried are told of", async () => {
  const told: number[] = [];
  const joined = joinKeys([strange(3), strange(3)], (fitting) => told.push(fitting));
  await joined.find(undefined, "ES256");
  expect(told).toEqual([6]);
});
