import { expect, test } from "vitest";
import { toRevoked } from "../../../server/gate/src/logouts/to-revoked.ts";
import { createRevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { ISSUED_AT_MS, tokenOf } from "../revoked/tokens.ts";

test("what is so of a session by now is not said of tokens that may be of another one: they are refused", () => {
  const changedClaims = { roles: ["admin"] };
  const terms = { issuer: "https://a.test", maxLifeMs: 1_000, beforeMs: ISSUED_AT_MS, changedClaims };
  const reason = "claims_changed";
  const set = createRevokedSet();
  set.add(toRevoked({ ...terms, reason, dimension: "sid", value: "session" }, ISSUED_AT_MS));
  const ofSubject = { dimension: "sub", value: "subject", withoutSession: true } as const;
  set.add(toRevoked({ ...terms, reason, ...ofSubject }, ISSUED_AT_MS));
  const tokens = [tokenOf(), tokenOf({ sessionId: "another" }), tokenOf({ sessionId: undefined })];
  expect(tokens.map((token) => [set.covers(token), set.changesOf(token)?.[0]?.claims])).toEqual([
    [false, changedClaims],
    [false, undefined],
    [true, undefined],
  ]);
});
