import { createHash } from "node:crypto";
import type { TokenBinding } from "@countersign/server";
import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { findSession } from "../../../server/issuer/src/store/sessions.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const own: TokenBinding = { kind: "dpop", jwkThumbprint: "own-key" };
const other: TokenBinding = { kind: "dpop", jwkThumbprint: "other-key" };

describeStores("a session that is bound to a key", (open) => {
  it("is refreshed with that key alone, whatever is asked for", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, sessions } = issuer;
    let tokens = await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], binding: own });
    // With a scope, the session is looked at first; without one, a single statement does all.
    for (const scopes of [[], ["notes:read"], []]) {
      const input = { refreshToken: tokens.refreshToken, refreshId: "", scopes };
      for (const binding of [undefined, other]) {
        await expect(sessions.refresh({ ...input, binding })).rejects.toMatchObject({
          reason: "DPOP_PROOF_INVALID",
        });
      }
      tokens = await sessions.refresh({ ...input, binding: own });
      expect(decodeJwt(tokens.accessToken).cnf).toEqual({ jkt: "own-key" });
    }
    expect(await findSession(store, tokens.sessionId)).toMatchObject({
      key: { jwkThumbprint: "own-key", sinceGeneration: 0 },
      generation: 3,
    });
  });

  it("is bound by its first refresh with a proof, and stays so", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, sessions } = issuer;
    const first = await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const second = await sessions.refresh({ refreshToken: first.refreshToken, refreshId: "" });
    const input = { refreshToken: second.refreshToken, refreshId: "attempt-number-1" };
    // Only one of two keys wins, and a lost answer is for that one.
    const bound = await sessions.refresh({ ...input, binding: own });
    await expect(sessions.refresh({ ...input, binding: other })).rejects.toMatchObject({
      reason: "DPOP_PROOF_INVALID",
    });
    const again = await sessions.refresh({ ...input, binding: own });
    expect(again.refreshToken).toBe(bound.refreshToken);
    expect(await findSession(store, first.sessionId)).toMatchObject({
      key: { jwkThumbprint: "own-key", sinceGeneration: 2 },
    });
  });

  it("has a refresh token that a program of the release before does not find", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, sessions } = issuer;
    const grant = { account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] };
    for (const [binding, found] of [
      [undefined, 1],
      [own, 0],
    ] as const) {
      const { refreshToken } = await sessions.begin({ ...grant, binding });
      const hash = createHash("sha256").update(refreshToken).digest("base64url");
      const rows = await store.db
        .selectFrom("sessions")
        .selectAll()
        .where("refresh_hash", "=", hash)
        .execute();
      expect(rows).toHaveLength(found);
    }
  });
});
