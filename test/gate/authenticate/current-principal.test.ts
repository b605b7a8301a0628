import { describe, expect, test } from "vitest";
import { createClaimReaders } from "../../../server/gate/src/authenticate/claim-readers.ts";
import { readClaims } from "../../../server/gate/src/authenticate/claims.ts";
import { createFindCurrent } from "../../../server/gate/src/authenticate/current-principal.ts";
import type { TrustedIssuer } from "../../../server/gate/src/authenticate/issuers.ts";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import type { ChangedClaims } from "../../../server/gate/src/revoked/changed-claims.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { goodClaims } from "../../support/tokens.ts";
import { trustedIssuer } from "./fixtures.ts";

const CLAIMS = { scope: "read write", roles: ["editor"], tenant: "blue", acr: "silver" };
const ACTED = { ...CLAIMS, act: { sub: "bot" } };

interface Case {
  readonly what: string;
  readonly claims?: object;
  readonly issuer?: TrustedIssuer;
  readonly changes: readonly ChangedClaims[];
  readonly principal: object;
  /** The claims that are other than those of the token. */
  readonly now: object;
}

const sub = (claims: ChangedClaims["claims"]): ChangedClaims => ({ dimension: "sub", claims });
const client = (claims: ChangedClaims["claims"]): ChangedClaims => ({ dimension: "client_id", claims });

const CASES: readonly Case[] = [
  {
    what: "scopes get fewer, and never more",
    changes: [sub({ scope: "admin read" })],
    principal: { scopes: ["read"] },
    now: { scope: "read" },
  },
  {
    what: "scopes that are a list stay one",
    claims: { ...CLAIMS, scope: ["read", "write"] },
    changes: [sub({ scope: "write" })],
    principal: { scopes: ["write"] },
    now: { scope: ["write"] },
  },
  {
    what: "scopes get no more in whichever claim they are",
    claims: { ...CLAIMS, scope: undefined, scp: ["read", "write"] },
    issuer: trustedIssuer({ claims: createClaimReaders({ scopes: "scp" }, true) }),
    changes: [sub({ scp: ["admin", "read"] })],
    principal: { scopes: ["read"] },
    now: { scp: ["read"] },
  },
  {
    what: "how a user has signed in gets no better",
    claims: { ...CLAIMS, amr: ["pwd", "sms"], auth_time: 1_000 },
    changes: [sub({ acr: "gold", amr: ["pwd", "hwk"], auth_time: 2_000 })],
    principal: { acr: undefined, amr: ["pwd"] },
    now: { acr: undefined, amr: ["pwd"] },
  },
  {
    what: "how a user has signed in may be longer ago, and is none where the token says nothing of it",
    claims: { ...CLAIMS, auth_time: 1_000 },
    changes: [sub({ acr: "silver", amr: ["hwk"], auth_time: 500 })],
    principal: { amr: [], authTimeSeconds: 500 },
    now: { amr: [], auth_time: 500 },
  },
  {
    what: "roles are those of now",
    changes: [sub({ roles: ["reader", "admin"] })],
    principal: { roles: ["reader", "admin"], scopes: ["read", "write"] },
    now: { roles: ["reader", "admin"] },
  },
  {
    what: "a token that another party acts with gets no role",
    claims: ACTED,
    changes: [sub({ roles: ["editor", "admin"] })],
    principal: { roles: ["editor"] },
    now: { roles: ["editor"] },
  },
  {
    what: "a client only limits what its tokens say",
    changes: [client({ roles: ["admin"], scope: "write other" })],
    principal: { roles: [], scopes: ["write"] },
    now: { roles: [], scope: "write" },
  },
  {
    what: "a limit comes behind what is changed",
    changes: [sub({ roles: ["reader", "admin"] }), client({ roles: ["reader"] })],
    principal: { roles: ["reader"] },
    now: { roles: ["reader"] },
  },
  {
    what: "other claims are those of now, or gone",
    changes: [sub({ tenant: "red", acr: null, plan: { name: "pro" } })],
    principal: { acr: undefined },
    now: { tenant: "red", acr: undefined, plan: { name: "pro" } },
  },
  {
    what: "which token it is, whose and until when stays",
    changes: [sub({ sub: "eve", iss: "https://b.test", exp: 9e9, aud: "all", sid: null, cnf: {}, act: {} })],
    principal: {},
    now: {},
  },
  {
    what: "a name that every object has is a claim like others",
    changes: [sub(JSON.parse('{ "__proto__": { "admin": true }, "constructor": "x" }'))],
    principal: {},
    now: JSON.parse('{ "__proto__": { "admin": true }, "constructor": "x" }'),
  },
];

/** A principal, and what finds it as it is by now. */
function setUp(claims: object, changes: readonly ChangedClaims[], issuer: TrustedIssuer = trustedIssuer()) {
  const known = { changes };
  const { principal } = readClaims(goodClaims({ ...claims }), issuer);
  const findCurrent = createFindCurrent({
    issuers: { get: (name) => (name === issuer.issuer ? issuer : undefined) },
    revocations: { changesOf: () => known.changes },
  });
  return { principal, findCurrent, known };
}

describe("a principal by what is known", () => {
  for (const { what, claims = CLAIMS, issuer, changes, principal: expected, now } of notEmpty(CASES)) {
    test(what, () => {
      const { principal, findCurrent } = setUp(claims, changes, issuer);
      const current: Principal = findCurrent(principal);
      expect(current).toEqual({ ...principal, ...expected });
      expect({ ...current.claims }).toEqual({ ...principal.claims, ...now });
      expect(Object.isFrozen(current) && Object.isFrozen(current.claims)).toBe(true);
    });
  }
});

test("a principal is worked out once for each change, and stays as it is where nothing is known", () => {
  const { principal, findCurrent, known } = setUp(CLAIMS, [sub({ roles: [] })]);
  const current = findCurrent(principal);
  known.changes = known.changes.map((change) => ({ ...change }));
  expect(findCurrent(principal)).toBe(current);
  expect(findCurrent(current)).toBe(current);
  known.changes = [sub({ roles: ["reader"] })];
  expect(findCurrent(current).roles).toEqual(["reader"]);
  expect(createFindCurrent({ issuers: { get: () => undefined }, revocations: {} })(principal)).toBe(
    principal,
  );
});

test("what is taken and given back is as it was, also for whoever has the principal from between", () => {
  const { principal, findCurrent, known } = setUp(CLAIMS, [sub({ scope: "read" })]);
  const between = findCurrent(principal);
  expect(between.scopes).toEqual(["read"]);
  known.changes = [sub({ scope: "read write" })];
  expect(findCurrent(between)).toEqual(principal);
  expect(findCurrent(between)).toBe(findCurrent(principal));
});

test("a change that the issuer's options would refuse in a token refuses the principal", () => {
  const rules = { required: new Map([["tenant", ["blue"]]]), present: [], forbidden: [] };
  const { principal, findCurrent } = setUp(CLAIMS, [sub({ tenant: "red" })], { ...trustedIssuer(), rules });
  expect(() => findCurrent(principal)).toThrow("claim tenant does not have a value that is required");
  const other = setUp(CLAIMS, [sub({ roles: [] })]);
  const ofNoIssuer = Object.freeze({ ...other.principal, issuer: "https://gone.test" });
  expect(() => other.findCurrent(ofNoIssuer)).toThrow("the issuer is not trusted any more");
});
