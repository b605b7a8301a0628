import { randomBytes } from "node:crypto";
import { createAuth } from "@countersign/server";
import { createRevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { createEchoRoutes } from "../fixture/echo.ts";
import { ALGORITHM, AUDIENCE, createTokenMaker, ISSUER } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { createCall, decideByGate } from "./countersign.ts";
import { type Decider, type Turn, takeTurn } from "./decider.ts";

const TOKENS = 1000;
const REVOKED = [0, 100_000];

const deciders = new Map<string, Decider>();

answerParent({
  prepare,
  turn({ name, ms }: { readonly name: string; readonly ms: number }): Promise<Turn> {
    const decider = deciders.get(name);
    if (decider === undefined) {
      throw new Error(`there is no side ${name}`);
    }
    return takeTurn(decider, ms);
  },
});

/** @returns the names of all sides, in the order of their turns */
async function prepare(): Promise<readonly string[]> {
  const tokens = createTokenMaker();
  const good = Array.from({ length: TOKENS }, () => tokens.mint());
  for (const count of REVOKED) {
    const revoked = createRevokedSet();
    for (let id = 0; id < count; id += 1) {
      const value = `ses_${randomBytes(16).toString("base64url")}`;
      const record = { dimension: "sid", value, beforeMs: undefined } as const;
      revoked.add({ ...record, issuer: ISSUER, expiresAtMs: Infinity });
    }
    const { requestGate } = createAuth({
      routes: createEchoRoutes(),
      issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks: tokens.publicKeys.jwks } }],
      audience: AUDIENCE,
      revocations: { isRevoked: (principal) => revoked.covers(principal) },
    });
    for (const token of good) {
      await requestGate(createCall(token));
    }
    deciders.set(`revoked-${count}`, { accepts: true, ...decideByGate(requestGate, good) });
  }
  return [...deciders.keys()];
}
