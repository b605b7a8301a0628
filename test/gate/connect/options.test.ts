import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { describe, expect, test } from "vitest";
import { PUBLIC_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import { PolicyError } from "../../../server/gate/src/authorize/policy-table.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { createStreamService } from "../../../server/gate/src/connect/stream-service.ts";
import { type Clock, systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import type { SignatureAlgorithm } from "../../../server/gate/src/keys/key-source.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createEchoAuth, echoRoutes } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import {
  craftToken,
  goodClaims,
  ISSUED_AT_SECONDS,
  LIFE_SECONDS,
  macOf,
  signToken,
} from "../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey, service } from "./fixtures.ts";

const secret = Buffer.alloc(64, 7);
const jwks = { keys: [issuerKey.jwk] };

/** Say how a token fares with an issuer. */
async function fate(options: Partial<IssuerOptions>, token: string, advanceMs = 0) {
  const { auth, clock } = createEchoAuth(service, { issuers: [{ ...issuer, ...options }] });
  clock.advance(advanceMs);
  const context = contextOf(methodOf(service, "Call"), { authorization: `Bearer ${token}` });
  return (await decisionOf(auth.requestGate, context))?.reason ?? "passed";
}

describe("an issuer (S4, S5)", () => {
  const wrong: Readonly<Record<string, Partial<IssuerOptions>>> = {
    "no source of keys": { keys: {} as IssuerOptions["keys"] },
    "two sources of keys": { keys: { jwks, jwksUri: "https://issuer.example/jwks" } },
    "HS256 with public keys": { algorithms: ["HS256"] },
    "HS256 beside ES256": { algorithms: ["ES256", "HS256"] },
    "HS256 with a source of its own": {
      algorithms: ["HS256"],
      keys: { source: { find: () => undefined, isTrusted: () => true } },
    },
    "ES256 with a shared secret": { algorithms: ["ES256"], keys: { sharedSecret: secret } },
    "two algorithms for one secret": { algorithms: ["HS256", "HS512"], keys: { sharedSecret: secret } },
    "a secret that is too short": { keys: { sharedSecret: secret.subarray(0, 31) } },
    "a secret that is too short for HS512": {
      algorithms: ["HS512"],
      keys: { sharedSecret: secret.subarray(0, 63) },
    },
    "alg none": { algorithms: ["none" as SignatureAlgorithm] },
    "an algorithm that does not exist": { algorithms: ["ES257" as SignatureAlgorithm] },
    "a name that every object has": { algorithms: ["toString" as SignatureAlgorithm] },
    "no algorithm": { algorithms: [] },
    "no audience": { audiences: [] },
    "no type": { types: [] },
    "keys in the clear": { keys: { jwksUri: "http://issuer.example/jwks" } },
    "a JWK Set without keys": { keys: { jwks: { keys: [] } } },
  };
  for (const [what, options] of Object.entries(wrong)) {
    test(`is refused at start with ${what}`, () => {
      expect(() => createEchoAuth(service, { issuers: [{ ...issuer, ...options }] })).toThrowError(TypeError);
    });
  }

  test("is trusted for the server's audience, or for its own", async () => {
    expect(await fate({}, signToken(issuerKey))).toBe("passed");
    expect(await fate({ audiences: ["vault"] }, signToken(issuerKey))).toBe("TOKEN_INVALID");
    expect(await fate({ audiences: ["vault"] }, signToken(issuerKey, goodClaims({ aud: "vault" })))).toBe(
      "passed",
    );
  });

  test("is not trusted in vain: what its tokens are for is the server's audience, or its own, or that of a method", () => {
    const create = (options: Partial<IssuerOptions>, audiences: readonly string[] = []) => {
      const policy = { access: Access.AUTHENTICATED, audiences: [...audiences] };
      const issuers = [{ ...issuer, tokenAudience: "vault", ...options }];
      return () => createEchoAuth(echoService({ Call: { policy } }), { issuers });
    };
    const refusal =
      `the tokens of issuer ${issuer.issuer} are for audience vault, and this server accepts them for ` +
      "ledger only: none would be good";
    expect(create({})).toThrow(new TypeError(refusal));
    expect(create({ audiences: ["billing"] })).toThrow(TypeError);
    expect(create({ audiences: ["vault"] })).not.toThrow();
    expect(create({ tokenAudience: "ledger" })).not.toThrow();
    expect(create({}, ["vault"])).not.toThrow();
    expect(create({ tokenAudience: ["vault", "ledger"] })).not.toThrow();
    expect(create({ tokenAudience: ["vault", "safe"] })).toThrow("are for audience vault or safe, and");
  });

  test("is not accepted for an audience because its tokens are said to be for it", async () => {
    const vault = echoService({
      Call: { policy: { access: Access.AUTHENTICATED } },
      Vault: { policy: { access: Access.AUTHENTICATED, audiences: ["vault"] } },
    });
    const { auth } = createEchoAuth(vault, { issuers: [{ ...issuer, tokenAudience: "vault" }] });
    const authorization = `Bearer ${signToken(issuerKey, goodClaims({ aud: "vault" }))}`;
    const reasonOf = async (name: string) =>
      (await decisionOf(auth.requestGate, contextOf(methodOf(vault, name), { authorization })))?.reason;
    expect([await reasonOf("Call"), await reasonOf("Vault")]).toEqual(["TOKEN_INVALID", undefined]);
  });

  test("is trusted for at+jwt, or for its own types in any spelling", async () => {
    const typed = (typ: string) => signToken(issuerKey, goodClaims(), { typ });
    expect(await fate({}, typed("JWT"))).toBe("TOKEN_INVALID");
    expect(await fate({ types: ["Application/JWT"] }, typed("jwt"))).toBe("passed");
    expect(await fate({ types: ["jwt"] }, typed("at+jwt"))).toBe("TOKEN_INVALID");
  });

  test("must have jti and client_id only where that is asked for", async () => {
    const bare = signToken(issuerKey, goodClaims({ jti: undefined, client_id: undefined }));
    expect(await fate({}, bare)).toBe("passed");
    expect(await fate({ requireProfileClaims: true }, bare)).toBe("TOKEN_INVALID");
  });

  test("may share a secret, for HS256 unless it says otherwise", async () => {
    const hs = (alg: string, bits: 256 | 512) =>
      craftToken({ alg, typ: "at+jwt" }, goodClaims(), macOf(secret, bits));
    expect(await fate({ keys: { sharedSecret: secret } }, hs("HS256", 256))).toBe("passed");
    expect(await fate({ keys: { sharedSecret: secret } }, hs("HS512", 512))).toBe("TOKEN_INVALID");
    expect(await fate({ algorithms: ["HS512"], keys: { sharedSecret: secret } }, hs("HS512", 512))).toBe(
      "passed",
    );
    expect(await fate({}, hs("HS256", 256))).toBe("TOKEN_INVALID");
  });

  test("is less safe only under that name, and that is said at start", async () => {
    const untyped = signToken(issuerKey, goodClaims(), { typ: undefined });
    const iat = Number(goodClaims().iat);
    const long = signToken(issuerKey, goodClaims({ exp: iat + 200_000 }));
    expect(await fate({}, untyped)).toBe("TOKEN_INVALID");
    expect(await fate({ insecure: { allowMissingType: true } }, untyped)).toBe("passed");
    expect(await fate({}, long)).toBe("TOKEN_INVALID");
    expect(await fate({ insecure: { maxTokenLifeSeconds: 200_000 } }, long)).toBe("passed");
    const insecure = { allowMissingType: true, maxTokenLifeSeconds: 200_000 };
    expect(createEchoAuth(service, { issuers: [{ ...issuer, insecure }] }).warnings).toEqual([
      "issuer https://issuer.example: tokens without header typ are accepted",
      "issuer https://issuer.example: tokens may live for 200000 seconds",
    ]);
  });
});

describe("createAuth (S1, S2)", () => {
  const create = (options: object) => () => createEchoAuth(service, { issuers: [issuer], ...options });

  for (const [what, options] of Object.entries({
    "no audience": { audience: "" },
    "an audience that is not text": { audience: undefined },
    "no issuer": { issuers: [] },
    "one issuer twice": { issuers: [issuer, issuer] },
    "a negative tolerance": { clockToleranceSeconds: -1 },
    "a tolerance of more than five minutes": { clockToleranceSeconds: 301 },
    "a tolerance that is not a number": { clockToleranceSeconds: Number.NaN },
  })) {
    test(`refuses ${what}`, () => expect(create(options)).toThrowError(TypeError));
  }

  test("does not start when a method has no access rule", () => {
    const open = echoService({ Open: {}, Other: {} });
    expect(() => createEchoAuth(open, { issuers: [issuer] })).toThrowError(PolicyError);
  });

  test("takes rules for services that cannot be annotated", () => {
    const routes = (router: Parameters<Parameters<typeof createEchoAuth>[1]["routes"] & object>[0]) =>
      void router.service(Health, {});
    expect(create({ routes })).toThrowError(PolicyError);
    expect(
      create({ routes, policies: new Map([[Health, PUBLIC_POLICY]]) })().auth.policyTable.entries,
    ).toHaveLength(Health.methods.length);
  });

  test("has defaults: 5 s of tolerance, messages of 4 MiB, and nothing to warn of", async () => {
    const { auth, warnings } = create({})();
    expect(auth.readMaxBytes).toBe(4 * 1024 * 1024);
    expect(warnings).toEqual([]);
    const endMs = LIFE_SECONDS * 1000;
    expect(await fate({}, signToken(issuerKey), endMs + 4999)).toBe("passed");
    expect(await fate({}, signToken(issuerKey), endMs + 5000)).toBe("TOKEN_EXPIRED");
  });

  test("uses the tolerance that it was given", async () => {
    const { auth, clock } = create({ clockToleranceSeconds: 0 })();
    clock.advance(LIFE_SECONDS * 1000);
    const context = contextOf(methodOf(service, "Call"), { authorization: `Bearer ${signToken(issuerKey)}` });
    expect(await decisionOf(auth.requestGate, context)).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });
});

describe("an option with a name that there is none of", () => {
  const good = { routes: echoRoutes(service), issuers: [issuer], audience: "ledger" };

  test("is refused, and the one that was meant is named, or else all that there are", () => {
    const create = () => createAuth(Object.assign({}, good, { audiance: "ledger" }));
    expect(create).toThrow(TypeError);
    expect(create).toThrow(/^createAuth has no option audiance: did you mean audience\?$/);
    expect(() => createAuth(Object.assign({}, good, { colour: "red" }))).toThrow(
      /^createAuth has no option colour; it has routes, interceptors, issuers, audience, /,
    );
  });

  test("is refused, also when every object inherits that name", () => {
    expect(() => createAuth(Object.assign({}, good, { toString: () => "" }))).toThrow("no option toString");
  });

  test("is refused, also when its value is undefined", () => {
    expect(() => createAuth(Object.assign({}, good, { tokenFailures: undefined }))).toThrow(TypeError);
    expect(() => createAuth(good)).not.toThrow();
  });
});

describe("the clock of a server", () => {
  const { nowMs, monotonicMs } = systemClock;
  const wrong: Readonly<Record<string, Partial<Clock>>> = {
    "clock.schedule must be a function": { nowMs, monotonicMs },
    "clock.nowMs must return a number of milliseconds": { ...systemClock, nowMs: () => Number.NaN },
  };
  for (const [says, clock] of Object.entries(wrong)) {
    const given = clock as Clock;
    test(`is looked at when a server is made: ${says}`, () => {
      const options = { routes: echoRoutes(service), issuers: [issuer], audience: "ledger", clock: given };
      const refusal = new TypeError(says);
      expect(() => createAuth(options)).toThrow(refusal);
      expect(() => createStreamService({ streams: createStreamRegistry(), clock: given })).toThrow(refusal);
      expect(() => createRateLimit({ limit: 1, windowMs: 1, message: "", clock: given })).toThrow(refusal);
    });
  }

  test("that shows no number later on refuses tokens, also those that were good before", async () => {
    let readMs = (): number => ISSUED_AT_SECONDS * 1_000;
    const clock = { ...systemClock, nowMs: () => readMs() };
    const { requestGate } = createAuth({
      routes: echoRoutes(service),
      ...{ issuers: [issuer], audience: "ledger", clock },
    });
    const authorization = `Bearer ${signToken(issuerKey)}`;
    const reasons = [];
    for (const now of [ISSUED_AT_SECONDS * 1_000, Number.NaN, ISSUED_AT_SECONDS * 1_000]) {
      readMs = () => now;
      const context = contextOf(methodOf(service, "Call"), { authorization });
      reasons.push((await decisionOf(requestGate, context))?.reason);
    }
    expect(reasons).toEqual([undefined, "TOKEN_INVALID", undefined]);
  });
});
