import { describe, expect, test } from "vitest";
import type { IssuerOptions, TenantOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { methodOf } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey, service } from "./fixtures.ts";

const TEMPLATE = "https://login.example/{tenantid}/v2.0";
const A = "0a1b-a";
const B = "0a1b-b";

const issOf = (tenant: string) => TEMPLATE.replace("{tenantid}", tenant);

/** Say how tokens fare with issuers: `passed`, or why not. */
function setUp(...issuers: readonly Partial<IssuerOptions>[]) {
  const { auth, events } = createEchoAuth(service, {
    issuers: issuers.map((options) => ({ ...issuer, ...options })),
  });
  return async (claims: object, name = "Call"): Promise<string> => {
    const authorization = `Bearer ${signToken(issuerKey, goodClaims({ ...claims }))}`;
    const refusal = await decisionOf(auth.requestGate, contextOf(methodOf(service, name), { authorization }));
    const { detail } = (events as readonly { readonly detail?: string }[]).at(-1) ?? {};
    return refusal === undefined ? "passed" : `${refusal.reason}: ${detail}`;
  };
}

const tenanted = (tenants: TenantOptions) => ({ issuer: TEMPLATE, tenants });
const UNTRUSTED = "TOKEN_INVALID: the issuer is not trusted";
const OTHER = "TOKEN_INVALID: claim tid is not the tenant that iss names";
const NO_TENANT = "TOKEN_INVALID: claim tid does not name a tenant";
const NOT_ALLOWED = "TOKEN_INVALID: the tenant is not trusted";

describe("an issuer with tenants", () => {
  test("is trusted for those that are allowed, whose iss and tenant agree", async () => {
    const fate = setUp(tenanted({ allowed: [A, B] }));
    expect(await fate({ iss: issOf(A), tid: A })).toBe("passed");
    expect(await fate({ iss: issOf(B), tid: B })).toBe("passed");
    expect(await fate({ iss: issOf(A), tid: B })).toBe(OTHER);
    expect(await fate({ iss: issOf("c"), tid: A })).toBe(OTHER);
    expect(await fate({ iss: issOf("c"), tid: "c" })).toBe(NOT_ALLOWED);
  });

  /** Claims `iss` and `tid`, what is said. */
  const hostile: readonly (readonly [iss: unknown, tid: unknown, refusal: string])[] = [
    [issOf(A), undefined, NO_TENANT],
    [issOf(A), null, NO_TENANT],
    [issOf(A), "", NO_TENANT],
    [issOf(A), [A], NO_TENANT],
    [issOf(A), { toString: A }, NO_TENANT],
    [issOf(A), 7, NO_TENANT],
    [issOf(A), `${A}/v2.0`, NO_TENANT],
    [issOf(A), "x".repeat(129), NO_TENANT],
    [issOf(A), ".*", NO_TENANT],
    [issOf(A), A.toUpperCase(), OTHER],
    [TEMPLATE, "{tenantid}", NO_TENANT],
    [TEMPLATE, A, OTHER],
    [issOf(""), "", UNTRUSTED],
    [issOf(".."), "..", UNTRUSTED],
    [issOf("."), ".", UNTRUSTED],
    [issOf(`${A}/x`), A, UNTRUSTED],
    [issOf(`evil.example/${A}`), A, UNTRUSTED],
    [`https://evil.example/${A}/v2.0`, A, UNTRUSTED],
    [`${issOf(A)}/`, A, UNTRUSTED],
    [`https://login.example/${A}`, A, UNTRUSTED],
    ["https://login.example/v2.0", "", UNTRUSTED],
    [[issOf(A)], A, UNTRUSTED],
    [issOf("x".repeat(129)), "x".repeat(129), UNTRUSTED],
    [issOf(A).toUpperCase(), A, UNTRUSTED],
  ];
  for (const [iss, tid, refusal] of hostile) {
    test(`refuses iss ${JSON.stringify(iss)?.slice(0, 80)} with tid ${JSON.stringify(tid)?.slice(0, 40)}`, async () => {
      expect(await setUp(tenanted({ allowed: () => true }))({ iss, tid })).toBe(refusal);
    });
  }

  test("may have its tenants allowed by a function, which only `true` does", async () => {
    const asked: string[] = [];
    const allowed = (tenant: string) => asked.push(tenant) > 0;
    const fate = setUp(tenanted({ allowed, claim: "org_id" }));
    expect(await fate({ iss: issOf(A), org_id: A, tid: B })).toBe("passed");
    expect(await fate({ iss: issOf(A), tid: A })).toBe("TOKEN_INVALID: claim org_id does not name a tenant");
    expect(asked).toEqual([A]);
    const answers: readonly unknown[] = [false, undefined, 1, "yes", {}, Promise.resolve(true)];
    for (const answer of answers) {
      const given = (() => answer) as unknown as () => boolean;
      expect(await setUp(tenanted({ allowed: given }))({ iss: issOf(A), tid: A })).toBe(NOT_ALLOWED);
    }
  });

  test("is refused when its function throws, and the caller learns no more", async () => {
    const throws = () => {
      throw new Error("database at 10.0.0.1 is down");
    };
    expect(await setUp(tenanted({ allowed: throws }))({ iss: issOf(A), tid: A })).toBe(NOT_ALLOWED);
  });

  test("is not asked of a token whose signature does not verify", async () => {
    const asked: string[] = [];
    const { auth } = createEchoAuth(service, {
      issuers: [{ ...issuer, ...tenanted({ allowed: (tenant) => asked.push(tenant) > 0 }) }],
    });
    const token = `${signToken(issuerKey, goodClaims({ iss: issOf(A), tid: A })).slice(0, -8)}AAAAAAAA`;
    const context = contextOf(methodOf(service, "Call"), { authorization: `Bearer ${token}` });
    expect((await decisionOf(auth.requestGate, context))?.reason).toBe("TOKEN_INVALID");
    expect(asked).toEqual([]);
  });

  test("has the audiences of the server for all of its tenants, and methods have theirs", async () => {
    const fate = setUp(tenanted({ allowed: [A] }));
    expect(await fate({ iss: issOf(A), tid: A, aud: "vault" }, "Vault")).toBe("passed");
    expect(await fate({ iss: issOf(A), tid: A, aud: "vault" })).toBe(
      "TOKEN_INVALID: claim aud does not name this server",
    );
    expect(await fate({ iss: issOf(A), tid: A, aud: "other" }, "Vault")).toBe(
      "TOKEN_INVALID: claim aud does not name this server",
    );
  });

  test("may have one tenant with options of its own", async () => {
    const fate = setUp(tenanted({ allowed: [B] }), { issuer: issOf(A), audiences: ["special"] });
    expect(await fate({ iss: issOf(A), aud: "special" })).toBe("passed");
    expect(await fate({ iss: issOf(A), tid: A })).toBe("TOKEN_INVALID: claim aud does not name this server");
    expect(await fate({ iss: issOf(B), tid: B })).toBe("passed");
  });

  test("is not beside another whose tenants may have the same iss", () => {
    const both = (other: string) => () =>
      setUp(tenanted({ allowed: [A] }), { issuer: other, tenants: { allowed: [B] } });
    expect(both(TEMPLATE)).toThrow(new TypeError(`issuer ${TEMPLATE} is named twice`));
    expect(both("https://login.example/x{tenantid}/v2.0")).toThrow("may have tenants of one name");
    expect(both("https://login.example/{tenantid}-x/v2.0")).toThrow("may have tenants of one name");
    expect(both("https://login.example/{tenantid}/")).not.toThrow();
    expect(both("https://login.example/{tenantid}")).not.toThrow();
    expect(both("https://{tenantid}.login.example/v2.0")).not.toThrow();
  });
});

describe("a trust domain (SPIFFE)", () => {
  const DOMAIN = "spiffe://acme.example";
  const fate = setUp({ issuer: DOMAIN, identifiedBy: "spiffe_id" }, {});
  const svid = { iss: undefined, sub: `${DOMAIN}/billing/worker` };

  test("is the issuer of tokens without iss whose subject is one of its workloads", async () => {
    expect(await fate(svid)).toBe("passed");
    expect(await fate({})).toBe("passed");
  });

  const hostile: readonly object[] = [
    { iss: DOMAIN },
    { iss: null },
    { iss: "" },
    { sub: DOMAIN },
    { sub: `${DOMAIN}/` },
    { sub: `${DOMAIN}//x` },
    { sub: `${DOMAIN}/x/` },
    { sub: `${DOMAIN}/../x` },
    { sub: `${DOMAIN}/./x` },
    { sub: `${DOMAIN}/x?y` },
    { sub: `${DOMAIN}/x%2Fy` },
    { sub: `${DOMAIN}:8080/x` },
    { sub: "spiffe://acme.example.evil.example/x" },
    { sub: "spiffe://evil.example/acme.example/x" },
    { sub: "SPIFFE://acme.example/x" },
    { sub: "spiffe://ACME.example/x" },
    { sub: "spiffe://user@acme.example/x" },
    { sub: `${DOMAIN}/${"x".repeat(2048)}` },
    { sub: [`${DOMAIN}/x`] },
    { sub: undefined },
  ];
  for (const claims of hostile) {
    test(`is not that of ${JSON.stringify(claims).slice(0, 80)}`, async () => {
      expect(await fate({ ...svid, ...claims })).toBe(UNTRUSTED);
    });
  }

  test("is not that of a token that has iss, whatever the subject says", async () => {
    expect(await fate({ sub: svid.sub, iss: "https://evil.example" })).toBe(UNTRUSTED);
  });
});
