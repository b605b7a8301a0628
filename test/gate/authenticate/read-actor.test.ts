import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readClaims } from "../../../server/gate/src/authenticate/claims.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { goodClaims } from "../../support/tokens.ts";
import { trustedIssuer } from "./fixtures.ts";

const ACT = "claim act is not a chain of at most 4 parties";
const ACTOR = "claim act does not name a party";

/** Claim `act` with so many parties. */
function actors(count: number): object {
  return { sub: `usr_${count}`, ...(count === 1 ? {} : { act: actors(count - 1) }) };
}

function actorOf(act: unknown) {
  return readClaims(goodClaims({ act }), trustedIssuer()).principal.actor;
}

/** Claim `act`, what is said. */
const refused: readonly (readonly [act: unknown, message: string])[] = [
  ...[null, "usr_support", 7, true, [], [{ sub: "usr_support" }], actors(5)].map(
    (act) => [act, ACT] as const,
  ),
  ...[{}, { sub: "" }, { sub: 7 }, { sub: "a\0" }, { sub: "a", iss: 7 }, { sub: "a", client_id: "" }].map(
    (act) => [act, ACTOR] as const,
  ),
  [{ sub: "a", act: { client_id: "app" } }, ACTOR],
  [{ sub: "a", act: null }, ACT],
  // Only own members count.
  [Object.create({ sub: "a" }), ACTOR],
];

describe("claim act (RFC 8693 §4.1)", () => {
  for (const [act, message] of refused) {
    test(`refuses the token when it is ${inspect(act)}`, () => {
      expect(() => actorOf(act)).toThrowError(new AuthError("TOKEN_INVALID", message));
    });
  }

  test("says who acts for the subject, and who acted before", () => {
    const before = { sub: "bot", x: 1 };
    const act = { sub: "usr_support", iss: "https://desk.example", client_id: "desk", act: before };
    expect(actorOf(act)).toEqual({
      subject: "usr_support",
      issuer: "https://desk.example",
      clientId: "desk",
      actor: { subject: "bot", issuer: undefined, clientId: undefined, actor: undefined },
    });
    expect(Object.isFrozen(actorOf(act)?.actor)).toBe(true);
  });

  test("says nothing of a subject that acts for itself, and names four parties at the most", () => {
    expect(actorOf(undefined)).toBeUndefined();
    expect(actorOf(actors(4))?.actor?.actor?.actor).toMatchObject({ subject: "usr_1", actor: undefined });
  });
});
