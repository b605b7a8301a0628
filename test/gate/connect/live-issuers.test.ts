import { describe, expect, test } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { principal, recordingLease } from "../streams/fixtures.ts";
import { issuerKey, service, setUpGate } from "./fixtures.ts";

const otherKey = createSigningKey("ES256", "other-1");
const OTHER = "https://other.example";
const other = { issuer: OTHER, keys: { jwks: { keys: [otherKey.jwk] } } };
const authorization = `Bearer ${signToken(otherKey, goodClaims({ iss: OTHER }))}`;
const own = `Bearer ${signToken(issuerKey)}`;
const TENANTED = "https://login.example/{tenantid}";
const issOf = (tenant: string) => TENANTED.replace("{tenantid}", tenant);

describe("the issuers of a server that runs", () => {
  test("are added: from then on, their tokens are accepted", async () => {
    const { auth, decide } = setUpGate();
    expect(await decide("Call", { authorization })).toMatchObject({ reason: "TOKEN_INVALID" });
    auth.issuers.add(other);
    expect(await decide("Call", { authorization })).toBeUndefined();
    expect(await decide("Call", { authorization: own })).toBeUndefined();
  });

  test("are removed: at once their tokens are refused, also those that were verified before", async () => {
    const { auth, decide } = setUpGate();
    auth.issuers.add(other);
    await decide("Call", { authorization });
    expect(auth.issuers.remove(OTHER)).toBe(true);
    expect(await decide("Call", { authorization })).toMatchObject({ reason: "TOKEN_INVALID" });
    expect(await decide("Call", { authorization: own })).toBeUndefined();
    expect(auth.issuers.remove(OTHER)).toBe(false);
    expect(auth.issuers.remove("constructor")).toBe(false);
    auth.issuers.add({ ...other, audiences: ["elsewhere"] });
    expect(await decide("Call", { authorization })).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("are held to their own options as soon as they have some, also for tokens that a template let in", async () => {
    const { auth, decide } = setUpGate();
    auth.issuers.add({ ...other, issuer: TENANTED, tenants: { allowed: () => true } });
    const claims = goodClaims({ iss: issOf("a"), tid: "a" });
    const ofTenant = { authorization: `Bearer ${signToken(otherKey, claims)}` };
    expect(await decide("Call", ofTenant)).toBeUndefined();
    auth.issuers.add({ ...other, issuer: issOf("a"), requiredClaims: { mfa: true } });
    expect(await decide("Call", ofTenant)).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("are those of the methods' audiences too, and of no others", async () => {
    const { auth, decide } = setUpGate();
    auth.issuers.add(other);
    const forVault = `Bearer ${signToken(otherKey, goodClaims({ iss: OTHER, aud: "vault" }))}`;
    expect(await decide("Vault", { authorization: forVault })).toBeUndefined();
    expect(await decide("Call", { authorization: forVault })).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("are named once, and rightly: what is wrong changes nothing", async () => {
    const { auth, decide } = setUpGate();
    const { add } = auth.issuers;
    auth.issuers.add(other);
    expect(() => add(other)).toThrow(new TypeError(`issuer ${OTHER} is named twice`));
    expect(() => add({ ...other, issuer: "" })).toThrow(TypeError);
    expect(() => add(Object.assign({}, other, { issuer: "https://x.example", audience: "a" }))).toThrow(
      "issuer https://x.example has no option audience",
    );
    expect(() => add({ ...other, issuer: "https://y.example", tokenAudience: "elsewhere" })).toThrow(
      "none would be good",
    );
    expect(auth.issuers.remove("https://y.example")).toBe(false);
    expect(await decide("Call", { authorization })).toBeUndefined();
  });

  test("have no signals, which are joined at start", () => {
    const { auth } = setUpGate();
    const signals = {
      ready: Promise.resolve(),
      isRevoked: () => false,
      onRenew: () => () => undefined,
      renew: async () => ({ renewed: [], ended: [], unknown: [] }),
    };
    expect(() => auth.issuers.add({ ...other, signals })).toThrow(
      `issuer ${OTHER} has signals: it must be named when createAuth is called`,
    );
    expect(auth.issuers.remove(OTHER)).toBe(false);
  });

  test("are less safe only with a warning", () => {
    const { auth, warnings } = setUpGate();
    auth.issuers.add({ ...other, insecure: { allowMissingAudience: true } });
    expect(warnings).toEqual([`issuer ${OTHER}: tokens without an audience are accepted`]);
  });

  test("end their streams when they are removed, and no others", () => {
    const streams = createStreamRegistry();
    const { auth } = setUpGate({ streams });
    auth.issuers.add(other);
    auth.issuers.add({ ...other, issuer: TENANTED, tenants: { allowed: () => true } });
    auth.issuers.add({ ...other, issuer: issOf("a") });
    const names = [
      "https://issuer.example",
      OTHER,
      issOf("a"),
      issOf("b"),
      "https://of-another-auth.example",
    ];
    const leases = new Map(
      names.map((issuer, at) => [issuer, recordingLease(`stream-${at}`, principal({ issuer }))]),
    );
    for (const lease of leases.values()) {
      streams.add(lease);
    }
    const ended = () => names.filter((name) => (leases.get(name)?.ends.length ?? 0) > 0);
    auth.issuers.remove(OTHER);
    expect(ended()).toEqual([OTHER]);
    expect(leases.get(OTHER)?.ends).toEqual([
      new AuthError("TOKEN_INVALID", "the issuer is not trusted any more"),
    ]);
    auth.issuers.remove(TENANTED);
    expect(ended()).toEqual([OTHER, issOf("b")]);
    auth.issuers.remove(issOf("a"));
    expect(ended()).toEqual([OTHER, issOf("a"), issOf("b")]);
  });

  test("are not trusted for a token that was being verified when they were removed", async () => {
    const { auth, decide } = setUpGate();
    const keys = createStaticKeys({ keys: [otherKey.jwk] }, ["ES256"]);
    const prefetches: string[] = [];
    const { promise: fetched, resolve: fetch } = Promise.withResolvers<void>();
    const source = {
      find: (kid: string | undefined) => fetched.then(() => keys.find(kid, "ES256")),
      isTrusted: () => true,
      prefetch: () => void prefetches.push(OTHER),
    };
    auth.issuers.add({ issuer: OTHER, keys: { source } });
    expect(prefetches).toEqual([OTHER]);
    const decision = decide("Call", { authorization });
    auth.issuers.remove(OTHER);
    auth.issuers.add({ issuer: OTHER, keys: { source } });
    fetch();
    expect(await decision).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("are explained as the gate has them", async () => {
    const { auth } = setUpGate();
    auth.issuers.add(other);
    auth.issuers.remove(OTHER);
    expect(
      (await auth.explain({ token: authorization.slice(7), method: `${service.typeName}/Call` })).check,
    ).toBe("issuer");
  });
});
