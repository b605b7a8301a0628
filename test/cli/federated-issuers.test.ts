import { describe, expect, test } from "vitest";
import { describeKeys, resolveOtherIssuers } from "../../server/cli/src/federated-issuers.ts";
import type { TrustedIssuerEntry } from "../../server/cli/src/issuer-file/to-entry.ts";
import { resolveIssuer } from "../../server/gate/src/connect/resolve-issuer.ts";
import { resolveFederatedIssuer } from "../../server/issuer/src/create-issuer/federated-issuer.ts";
import { createTestClock } from "../support/test-clock.ts";
import { createSigningKey } from "../support/tokens.ts";

const server = { audience: "api", issuer: "https://us.example" };
const names = { audience: "api", url: "https://us.example", clock: createTestClock() };
const keys = { jwks: { keys: [createSigningKey("ES256", "k").jwk] } };
const entry: TrustedIssuerEntry = { issuer: "https://idp.example", keys };

describe("an issuer of the file", () => {
  test("is trusted in calls, and its tokens are not exchanged unless it says so", () => {
    const { issuers, federated } = resolveOtherIssuers([entry], server);
    expect(issuers).toMatchObject([{ issuer: "https://idp.example" }]);
    expect(federated).toEqual([{ issuer: issuers[0], clientsOnly: true }]);
  });

  test("only authenticates clients when it says so, and is not exchanged then", () => {
    const { issuers, federated } = resolveOtherIssuers([{ ...entry, clientsOnly: true }, entry], server);
    expect(issuers).toHaveLength(1);
    expect(federated).toMatchObject([{ clientsOnly: true }, { clientsOnly: true }]);
    expect(() => resolveOtherIssuers([{ ...entry, clientsOnly: true, exchange: {} }], server)).toThrow(
      "the file of trusted issuers: issuer https://idp.example has clientsOnly and exchange",
    );
    const logout = { audiences: ["web"] };
    expect(() => resolveOtherIssuers([{ ...entry, clientsOnly: true, logout }], server)).toThrow(
      "the file of trusted issuers: issuer https://idp.example has clientsOnly and logout",
    );
  });

  test("has its keys once, whatever it is trusted for", () => {
    const { issuers, federated } = resolveOtherIssuers([{ ...entry, exchange: {} }], server);
    const [issuer] = issuers;
    expect(issuer?.keys).toHaveProperty("source");
    expect(issuer?.keys).toEqual(federated[0]?.issuer.keys);
  });

  test("is described by whether its keys can be fetched", () => {
    const failing = {
      find: () => undefined,
      isTrusted: () => false,
      failure: () => "its keys cannot be fetched",
    };
    const broken: TrustedIssuerEntry = { issuer: "__proto__", keys: { source: failing } };
    const { issuers } = resolveOtherIssuers([entry, broken], server);
    expect(JSON.stringify(describeKeys(issuers))).toBe(
      '{"https://idp.example":"ok","__proto__":"its keys cannot be fetched"}',
    );
  });

  test("has the algorithms of its keys, also where these are a shared secret", () => {
    const sharedSecret = Buffer.alloc(32, 1);
    const { issuers, federated } = resolveOtherIssuers(
      [{ ...entry, keys: [keys, { sharedSecret }], exchange: {} }],
      server,
    );
    const resolved = [...issuers, ...federated.map(({ issuer }) => issuer)].map((options) =>
      resolveIssuer(options, { audience: "api", clock: names.clock }),
    );
    expect(resolved).toHaveLength(2);
    for (const { algorithms } of resolved) {
      expect(algorithms).toEqual(["EdDSA", "Ed25519", "ES256", "PS256", "RS256", "HS256"]);
    }
  });

  test("takes tokens without a type for exchange where it does in calls, unless it says otherwise", () => {
    const untyped = { ...entry, insecure: { allowMissingType: true } };
    const relaxationOf = (exchange: TrustedIssuerEntry["exchange"]) =>
      resolveOtherIssuers([{ ...untyped, exchange }], server).federated[0]?.issuer.insecure;
    expect(relaxationOf({})).toEqual({ allowMissingType: true });
    expect(relaxationOf({ untyped: false })).toEqual({ allowMissingType: false });
  });

  test("is not the built-in one", () => {
    expect(() => resolveOtherIssuers([entry, { ...entry, issuer: server.issuer }], server)).toThrow(
      "the file of trusted issuers: entry 2 is of issuer https://us.example, which is the built-in issuer of this server",
    );
  });

  test("gives nothing away that is not declared", () => {
    const { federated } = resolveOtherIssuers([{ ...entry, exchange: {} }], server);
    expect(federated.map((options) => resolveFederatedIssuer(options, names))).toMatchObject([
      {
        subjectClaim: undefined,
        scopes: [],
        roles: new Map(),
        required: new Map(),
        acr: new Map(),
        amr: new Set(),
        trusted: { audiences: ["api", "https://us.example"], types: ["at+jwt"], allowMissingType: false },
      },
    ]);
    // Nobody is signed in here for longer than there.
    expect(federated[0]?.refreshForMs).toBeUndefined();
  });

  test("may take other tokens for exchange than in calls", () => {
    const exchange = {
      subject: "repository",
      scopes: ["a"],
      roles: { ops: ["admin"] },
      require: { ref: "main" },
      audiences: ["ci"],
      types: ["JWT"],
      untyped: true,
      acr: { "urn:silver": "mfa" },
      amr: ["otp"],
      refresh: 28_800_000,
    };
    const { issuers, federated } = resolveOtherIssuers([{ ...entry, exchange }], server);
    expect(federated.map((options) => resolveFederatedIssuer(options, names))).toMatchObject([
      {
        subjectClaim: "repository",
        scopes: ["a"],
        roles: new Map([["ops", ["admin"]]]),
        required: new Map([["ref", "main"]]),
        acr: new Map([["urn:silver", "mfa"]]),
        amr: new Set(["otp"]),
        refreshForMs: 28_800_000,
        trusted: { audiences: ["ci"], types: ["jwt"], allowMissingType: true },
      },
    ]);
    expect(issuers[0]).not.toHaveProperty("exchange");
    expect(issuers[0]).not.toHaveProperty("types");
  });

  test("is refused when it makes no sense", () => {
    const broken: TrustedIssuerEntry = { ...entry, keys: { jwks: { keys: [] } } };
    expect(() => resolveOtherIssuers([broken], server)).toThrow(
      "the file of trusted issuers: issuer https://idp.example: the JWK Set",
    );
  });
});
