import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createProofVerifier,
  type ProofInput,
  type ProofVerifierOptions,
} from "../../../server/gate/src/binding/proof-verifier.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createProofKey, signProof, thumbprintOf } from "../../support/proofs.ts";
import { createTestClock, type TestClock } from "../../support/test-clock.ts";
import { ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { goodProof as goodProofTo, HOSTILE_PROOFS, ownKey } from "./hostile-proofs.ts";

const PUBLIC_URL = "https://api.example.com";
const PATH = "/notes.v1.NotesService/List";
const HTU = PUBLIC_URL + PATH;
const TOKEN = "header.payload.signature";
const TARGET = { publicUrl: PUBLIC_URL, path: PATH, token: TOKEN };
const goodProof = (claims?: Readonly<Record<string, unknown>>) => goodProofTo(TARGET, claims);

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index);
const WINDOW_SECONDS = 60;

type Options = Partial<Omit<ProofVerifierOptions, "clock">> & { readonly clock?: TestClock };

const OPTIONS = { windowSeconds: WINDOW_SECONDS, publicUrls: [PUBLIC_URL], maxRemembered: 100 };
const startClock = () => createTestClock(ISSUED_AT_SECONDS * 1_000);

/** Create what verifies proofs that are sent with the token. */
function createVerify(options: Options = {}, create = createProofVerifier) {
  const verifier = create({ ...OPTIONS, clock: startClock(), nonces: undefined, ...options });
  return (proof: string | null, input: Partial<ProofInput> = {}) =>
    verifier.verify({
      proof,
      isRepeated: false,
      httpMethod: "POST",
      path: PATH,
      accessToken: TOKEN,
      expectedThumbprint: thumbprintOf(ownKey),
      ...input,
    });
}

/** Load the module anew, as a runtime without the modules of Node would. */
async function loadWithoutNode() {
  vi.resetModules();
  vi.stubGlobal("process", undefined);
  const { createProofVerifier: create } = await import("../../../server/gate/src/binding/proof-verifier.ts");
  vi.unstubAllGlobals();
  return create as typeof createProofVerifier;
}

/** Run what is to be refused. The class is another one where the module was loaded anew. */
async function refusalOf(run: () => unknown): Promise<AuthError> {
  try {
    await run();
  } catch (error) {
    return error as AuthError;
  }
  throw new Error("it was not refused");
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("a proof is refused", () => {
  for (const [what, make, rule] of HOSTILE_PROOFS) {
    test(what, async () => {
      const refused = await refusalOf(() => createVerify()(make(TARGET)));
      expect(refused).toBeInstanceOf(AuthError);
      expect(refused).toMatchObject({ reason: "DPOP_PROOF_INVALID", message: rule });
      expect(JSON.stringify(refused.facts)).not.toContain("eyJ");
    });
  }

  test("each of them on runtimes without node:crypto, too, for the same rule", async () => {
    const verify = createVerify({}, await loadWithoutNode());
    const rules = [];
    for (const [, make] of HOSTILE_PROOFS) {
      rules.push((await refusalOf(() => verify(make(TARGET)))).message);
    }
    expect(rules).toEqual(HOSTILE_PROOFS.map(([, , rule]) => rule));
  });

  test("that is not there, or there twice", async () => {
    const verify = createVerify();
    expect(await refusalOf(() => verify(null))).toMatchObject({
      message: "the call needs a DPoP proof",
      facts: { check: "proof_missing" },
    });
    expect(await refusalOf(() => verify(goodProof(), { isRepeated: true }))).toMatchObject({
      message: "the call has more than one DPoP proof",
    });
  });

  test("whose key is too weak or no point of its curve", async () => {
    const verify = createVerify();
    const input = { accessToken: undefined, expectedThumbprint: undefined };
    const keys: readonly Record<string, unknown>[] = [
      { alg: "ES256", jwk: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) } },
      { alg: "Ed25519", jwk: { kty: "OKP", crv: "Ed25519", x: `${"A".repeat(42)}A` } },
      { alg: "RS256", jwk: { kty: "RSA", n: `w${"A".repeat(170)}`, e: "AQAB" } },
      { alg: "RS256", jwk: { kty: "RSA", n: `w${"A".repeat(341)}`, e: "AQ" } },
    ];
    for (const header of keys) {
      expect(
        await refusalOf(() => verify(signProof(ownKey, { header, claims: { htu: HTU } }), input)),
      ).toMatchObject({
        message: "the signature of the DPoP proof does not verify",
      });
    }
  });
});

describe("a proof is taken", () => {
  for (const algorithm of ["ES256", "EdDSA", "Ed25519", "PS256", "RS256"] as const) {
    test(`of ${algorithm}, at once and elsewhere with a promise`, async () => {
      const key = createProofKey(algorithm);
      const input = { expectedThumbprint: undefined };
      const proof = signProof(key, { claims: { htu: HTU }, token: TOKEN });
      const taken = createVerify()(proof, input);
      expect(taken).toEqual({ jwkThumbprint: expect.stringMatching(/^[\w-]{43}$/) });
      const elsewhere = createVerify({}, await loadWithoutNode())(proof, input);
      expect(elsewhere).toBeInstanceOf(Promise);
      expect(await elsewhere).toEqual(taken);
    });
  }

  test("at a token endpoint, where no token and no key are known", () => {
    const claims = { htu: `${PUBLIC_URL}/oauth2/token` };
    const input = { accessToken: undefined, expectedThumbprint: undefined, path: "/oauth2/token" };
    expect(createVerify()(signProof(ownKey, { claims }), input)).toEqual({
      jwkThumbprint: thumbprintOf(ownKey),
    });
  });

  const URLS: readonly (readonly [what: string, htu: string])[] = [
    ["with the port of its scheme", `https://api.example.com:443${PATH}`],
    ["with the host in capitals", `HTTPS://API.example.com${PATH}`],
    ["under another public URL, with a path of its own", `http://127.0.0.1:8080/api${PATH}`],
  ];
  for (const [what, htu] of URLS) {
    test(`whose URL is written ${what}`, () => {
      const verify = createVerify({ publicUrls: [PUBLIC_URL, "http://127.0.0.1:8080/api"] });
      expect(verify(goodProof({ htu }))).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
    });
  }
});

describe("a proof is used once", () => {
  const USED = { reason: "DPOP_PROOF_INVALID", message: "the DPoP proof was used before" };

  test("for as long as it could be used again, and longer than its time lies ahead", async () => {
    const clock = startClock();
    const verify = createVerify({ clock });
    const proof = goodProof({ iat: ISSUED_AT_SECONDS + WINDOW_SECONDS });
    void verify(proof);
    for (let seconds = 0; seconds <= 2 * WINDOW_SECONDS; seconds += 10) {
      expect(await refusalOf(() => verify(proof))).toMatchObject(USED);
      clock.advance(10_000);
    }
    expect(await refusalOf(() => verify(proof))).toMatchObject({ message: "claim iat is too far from now" });
  });

  test("by its key and jti, whatever else it says", async () => {
    const verify = createVerify();
    const jti = "same";
    void verify(goodProof({ jti }));
    expect(await refusalOf(() => verify(goodProof({ jti, iat: ISSUED_AT_SECONDS + 1 })))).toMatchObject(USED);
    const other = createProofKey();
    const ofOther = signProof(other, { claims: { htu: HTU, jti }, token: TOKEN });
    expect(verify(ofOther, { expectedThumbprint: thumbprintOf(other) })).toEqual({
      jwkThumbprint: thumbprintOf(other),
    });
  });

  test("and is not used up by a forged one with its jti", async () => {
    const verify = createVerify();
    const proof = goodProof();
    const forged = `${proof.slice(0, proof.lastIndexOf("."))}.${"A".repeat(86)}`;
    await refusalOf(() => verify(forged));
    expect(verify(proof)).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
  });

  test("and none is taken while there is no room to remember it", async () => {
    const clock = startClock();
    const verify = createVerify({ clock, maxRemembered: 3 });
    const proofs = Array.from({ length: 4 }, () => goodProof());
    for (const proof of proofs.slice(0, 3)) {
      void verify(proof);
    }
    expect(await refusalOf(() => verify(proofs[3] ?? ""))).toMatchObject({
      reason: "RATE_LIMITED",
      retryAfterMs: 1_000,
    });
    expect(await refusalOf(() => verify(proofs[0] ?? ""))).toMatchObject(USED);
    clock.advance(3 * WINDOW_SECONDS * 1_000);
    const later = goodProof({ iat: ISSUED_AT_SECONDS + 3 * WINDOW_SECONDS });
    expect(verify(later)).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
  });
});

describe("nonces", () => {
  const nonces = { secret: SECRET, lifeSeconds: 100 };
  const nonceOf = async (verify: ReturnType<typeof createVerify>, iat: number): Promise<string> =>
    (await refusalOf(() => verify(goodProof({ iat })))).metadata.nonce ?? "";
  const NEEDED = { reason: "DPOP_NONCE_REQUIRED", message: "the DPoP proof needs a nonce of this server" };

  test("are demanded of each proof, and taken for two lives, at any server with the secret", async () => {
    const clock = startClock();
    const verify = createVerify({ clock, nonces });
    const atOther = createVerify({ clock, nonces });
    const elsewhere = createVerify({ clock, nonces }, await loadWithoutNode());
    const nonce = await nonceOf(verify, ISSUED_AT_SECONDS);
    expect(nonce).toMatch(/^[\w-]{43}$/);
    for (const [wrong, got] of [
      [undefined, "absent"],
      ["", "another one"],
      [[nonce], "another one"],
    ] as const) {
      expect(await refusalOf(() => verify(goodProof({ nonce: wrong })))).toMatchObject({
        ...NEEDED,
        metadata: { nonce },
        facts: { check: "proof_nonce", got },
      });
    }
    expect(verify(goodProof({ nonce }))).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
    expect(atOther(goodProof({ nonce }))).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
    expect(await elsewhere(goodProof({ nonce }))).toEqual({ jwkThumbprint: thumbprintOf(ownKey) });
    clock.advance(100_000);
    const next = await nonceOf(verify, ISSUED_AT_SECONDS + 100);
    expect(next).not.toBe(nonce);
    expect(verify(goodProof({ nonce, iat: ISSUED_AT_SECONDS + 100 }))).toEqual({
      jwkThumbprint: thumbprintOf(ownKey),
    });
    clock.advance(100_000);
    expect(await refusalOf(() => verify(goodProof({ nonce, iat: ISSUED_AT_SECONDS + 200 })))).toMatchObject(
      NEEDED,
    );
  });

  test("of another secret are none", async () => {
    const other = { secret: SECRET.toReversed(), lifeSeconds: 100 };
    const nonce = await nonceOf(createVerify({ nonces: other }), ISSUED_AT_SECONDS);
    const verify = createVerify({ nonces });
    expect(await refusalOf(() => verify(goodProof({ nonce })))).toMatchObject(NEEDED);
  });
});
