import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readClaims } from "../../../server/gate/src/authenticate/claims.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { goodClaims, ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { externalIssuer, trustedIssuer } from "./fixtures.ts";

const IDENTIFIER = "a non-empty string";
const WORDS = "text or a list of words";

/** Claim, values that are of another form, the member of the principal, what that is then, and what is said. */
const odd: readonly {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly principal: object;
  readonly form: string;
}[] = [
  {
    name: "scope",
    values: [null, 7, true, {}, { read: true }, ["read", 7], [["read"]], [null], [{}]],
    principal: { scopes: [] },
    form: WORDS,
  },
  {
    name: "roles",
    values: [null, 7, {}, { admin: true }, [{ value: 7 }], [{ display: "Admin" }], ["a", { id: "b" }]],
    principal: { roles: [] },
    form: WORDS,
  },
  { name: "jti", values: [null, "", 7, {}, "a\0"], principal: { tokenId: undefined }, form: IDENTIFIER },
  { name: "sid", values: [null, "", 7, ["s"]], principal: { sessionId: undefined }, form: IDENTIFIER },
  { name: "client_id", values: [null, "", 7, ["app"]], principal: { clientId: "" }, form: IDENTIFIER },
  { name: "acr", values: [null, "", 0, ["silver"]], principal: { acr: undefined }, form: IDENTIFIER },
  {
    name: "amr",
    values: [null, "otp", ["otp", 7], [""], {}],
    principal: { amr: [] },
    form: "a list of non-empty strings",
  },
  {
    name: "auth_time",
    values: [null, "1800000000", true, -1, Number.NaN, {}],
    principal: { authTimeSeconds: undefined },
    form: "a time",
  },
];

/** Read claims that are good but for some. */
function read(claims: object) {
  const said: [name: string, form: string][] = [];
  const issuer = externalIssuer({ onOddClaim: (...odd) => void said.push(odd) });
  return { ...readClaims(goodClaims({ ...claims }), issuer), said };
}

const cases = odd.flatMap(({ values, ...rest }) => values.map((value) => ({ ...rest, value })));

describe("a claim that no rule needs", () => {
  for (const { name, value, principal: expected, form } of notEmpty(cases)) {
    test(`counts as absent, and the operator is told: ${name} ${inspect(value)}`, () => {
      const { principal, said } = read({ [name]: value });
      expect(principal).toMatchObject(expected);
      expect(said).toEqual([[name, form]]);
    });
  }

  test("says nothing when it is missing", () => {
    const missing = Object.fromEntries(odd.map(({ name }) => [name, undefined]));
    expect(read(missing).said).toEqual([]);
    expect(read({}).said).toEqual([]);
  });

  test("is looked for in the next place when it is of another form in the first", () => {
    const { principal, said } = read({ client_id: 7, azp: "spa" });
    expect(principal.clientId).toBe("spa");
    expect(said).toEqual([["client_id", IDENTIFIER]]);
    expect(read({ client_id: undefined, azp: "" })).toMatchObject({
      principal: { clientId: "" },
      said: [["azp", IDENTIFIER]],
    });
  });

  test("never makes a token good for longer: nbf of null is none, and auth_time that is no time is none", () => {
    expect(read({ nbf: null, auth_time: "soon" }).times.notBeforeSeconds).toBe(ISSUED_AT_SECONDS);
  });

  test("refuses a token all the same whose issuer can revoke by it", () => {
    for (const name of ["jti", "sid", "client_id"]) {
      expect(() => readClaims(goodClaims({ [name]: 7 }), trustedIssuer())).toThrow(
        new AuthError("TOKEN_INVALID", `claim ${name} is not a non-empty string`),
      );
    }
  });

  test("of an audience that is empty is no audience, beside one that is not", () => {
    expect(read({ aud: ["", "ledger"] }).principal.audience).toEqual(["ledger"]);
  });
});

describe("acr and amr", () => {
  test("say how the user proved who they are", () => {
    const { principal } = read({ acr: "silver", amr: ["otp", "hwk"] });
    expect(principal).toMatchObject({ acr: "silver", amr: ["otp", "hwk"] });
    expect(Object.isFrozen(principal.amr)).toBe(true);
  });
});
