import { describe, expect, test } from "vitest";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { resolveIssuer } from "../../../server/gate/src/connect/resolve-issuer.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { issuer } from "./fixtures.ts";

const TENANTED = "https://login.example/{tenantid}/v2.0";
const NAME = "issuer https://issuer.example";

/** Plain JavaScript does not know the types. */
function resolve(options: object): unknown {
  return resolveIssuer({ ...issuer, ...options } as IssuerOptions, {
    audience: "ledger",
    clock: systemClock,
  });
}

/** Options, what is said. */
const wrong: readonly (readonly [options: object, message: string])[] = [
  [
    { issuer: undefined },
    "issuer without a name: issuer must be a non-empty text: the exact value of claim iss",
  ],
  [{ issuer: "" }, "issuer without a name: issuer must be a non-empty text: the exact value of claim iss"],
  [{ issuer: 7 }, "issuer without a name: issuer must be a non-empty text: the exact value of claim iss"],
  [{ audience: "ledger" }, `${NAME} has no option audience: did you mean audiences?`],
  [{ requiredClaim: {} }, `${NAME} has no option requiredClaim: did you mean requiredClaims?`],
  [{ toString: "x" }, `${NAME} has no option toString; it has issuer, identifiedBy`],
  [{ audiences: "ledger" }, `${NAME}: audiences must be a list of non-empty texts, with at least one`],
  [{ audiences: [""] }, `${NAME}: audiences must be a list of non-empty texts, with at least one`],
  [{ audiences: null }, `${NAME}: audiences must be a list of non-empty texts, with at least one`],
  [{ types: [] }, `${NAME}: types must be a list`],
  [{ algorithms: ["ES256", 7] }, `${NAME}: algorithms must be a list`],
  [{ tokenAudience: [] }, `${NAME}: tokenAudience must be a non-empty text`],
  [{ tokenAudience: ["a", ""] }, `${NAME}: tokenAudience must be a non-empty text`],
  [{ tokenAudience: "" }, `${NAME}: tokenAudience must be a non-empty text`],
  [{ keys: undefined }, `${NAME}: keys must say where its keys are`],
  [{ keys: null }, `${NAME}: keys must say where its keys are`],
  [{ requireProfileClaims: "yes" }, `${NAME}: requireProfileClaims must be true or false`],
  [{ identifiedBy: "sub" }, `${NAME}: identifiedBy must be "iss" or "spiffe_id"`],
  [{ identifiedBy: "spiffe_id" }, `${NAME} must be a trust domain, such as spiffe://acme.example`],
  [{ issuer: "spiffe://acme.example/x", identifiedBy: "spiffe_id" }, "must be a trust domain"],
  [{ claims: "scp" }, `${NAME}: claims must be an object`],
  [{ claims: { scope: "scp" } }, `option claims of ${NAME} has no option scope: did you mean scopes?`],
  [
    { claims: { roles: "" } },
    `option claims of ${NAME}: roles must be the name of a claim, or { path: [names] }`,
  ],
  [{ claims: { roles: 7 } }, `option claims of ${NAME}: roles must be the name of a claim`],
  [{ claims: { roles: [] } }, `option claims of ${NAME}: roles must name at least one claim`],
  [{ claims: { roles: [7] } }, `roles in option claims of ${NAME} must be the name of a claim`],
  [{ claims: { roles: [""] } }, `roles in option claims of ${NAME} must be the name of a claim`],
  [{ claims: { roles: [["a"]] } }, `roles in option claims of ${NAME} must be the name of a claim`],
  [{ claims: { roles: {} } }, `roles in option claims of ${NAME}: path must be a list of non-empty texts`],
  [{ claims: { roles: { path: "a.b" } } }, `roles in option claims of ${NAME}: path must be a list`],
  [{ claims: { roles: { path: ["a"], key: "b" } } }, `roles in option claims of ${NAME} has no option key`],
  [{ claims: { roles: { path: ["a"], objectKeys: false } } }, "objectKeys must be true"],
  [
    { claims: { roles: { path: ["a"], objectKeys: true, member: "b" } } },
    "has member or objectKeys, and not both",
  ],
  [{ claims: { subject: ["a", ["b"]] } }, `subject in option claims of ${NAME} must be the name of a claim`],
  [{ claims: { clientId: { path: ["a"], member: "b" } } }, "scopes and roles can have them"],
  [{ requiredClaims: [] }, `${NAME}: requiredClaims must be an object`],
  [{ requiredClaims: { token_use: null } }, `option requiredClaims of ${NAME}: token_use must be a text`],
  [{ requiredClaims: { token_use: [] } }, `option requiredClaims of ${NAME}: token_use must be a text`],
  [{ requiredClaims: { token_use: [["a"]] } }, `option requiredClaims of ${NAME}: token_use must be a text`],
  [{ requiredClaims: { n: Number.NaN } }, `option requiredClaims of ${NAME}: n must be a text`],
  [{ presentClaims: ["azp", ""] }, `${NAME}: presentClaims must be a list of non-empty texts`],
  [{ forbiddenClaims: "nonce" }, `${NAME}: forbiddenClaims must be a list of non-empty texts`],
  [
    { insecure: { allowMissingAudiences: true } },
    `option insecure of ${NAME} has no option allowMissingAudiences`,
  ],
  [
    { insecure: { allowMissingSubject: 1 } },
    `option insecure of ${NAME}: allowMissingSubject must be true or false`,
  ],
  [{ insecure: { maxTokenLifeSeconds: 0 } }, "maxTokenLifeSeconds must be a positive number of seconds"],
  [
    { insecure: { maxTokenLifeSeconds: Infinity } },
    "maxTokenLifeSeconds must be a positive number of seconds",
  ],
  [
    { issuer: TENANTED },
    `issuer ${TENANTED} has a place for tenants: option tenants must say which are allowed`,
  ],
  [{ tenants: { allowed: ["a"] } }, "its name must have {tenantid} once, where iss has the tenant"],
  [
    { issuer: "https://{tenantid}/{tenantid}", tenants: { allowed: ["a"] } },
    "its name must have {tenantid} once",
  ],
  [
    { issuer: TENANTED, tenants: {} },
    `option tenants of issuer ${TENANTED}: allowed must be a list of tenants`,
  ],
  [{ issuer: TENANTED, tenants: { allowed: "a" } }, "allowed must be a list of tenants"],
  [{ issuer: TENANTED, tenants: { allow: ["a"] } }, "has no option allow: did you mean allowed?"],
];

describe("the options of an issuer", () => {
  for (const [options, message] of wrong) {
    test(`are refused with ${JSON.stringify(options)}`, () => {
      expect(() => resolve(options)).toThrow(TypeError);
      expect(() => resolve(options)).toThrow(message);
    });
  }

  test("must be an object", () => {
    for (const options of [null, undefined, "https://issuer.example", []]) {
      const run = () =>
        resolveIssuer(options as unknown as IssuerOptions, { audience: "a", clock: systemClock });
      expect(run).toThrow(new TypeError("issuer without a name must be an object"));
    }
  });

  test("are taken as their types say", () => {
    const options = {
      tenants: undefined,
      audiences: undefined,
      claims: {
        scopes: ["scope", { path: ["a", "b"] }],
        roles: { path: ["r"], objectKeys: true },
        clientId: ["cid", { path: ["x"] }],
        audience: undefined,
      },
      requiredClaims: { token_use: "access", level: [1, 2], verified: true },
      forbiddenClaims: ["nonce"],
      insecure: { allowMissingAudience: true, maxTokenLifeSeconds: 1.5 },
    };
    expect(() => resolve(options)).not.toThrow();
    expect(() => resolve({ issuer: TENANTED, tenants: { allowed: () => true, claim: "org" } })).not.toThrow();
    expect(() => resolve({ issuer: "spiffe://acme.example", identifiedBy: "spiffe_id" })).not.toThrow();
  });
});
