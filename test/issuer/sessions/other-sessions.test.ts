import { expect, it } from "vitest";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { createSessions } from "../../../server/issuer/src/sessions/sessions.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { addTestAccount, startTestIssuer, TEST_AUDIENCE, TEST_ISSUER } from "../../support/test-issuer.ts";
import { begin } from "../revoke/started.ts";
import { fillUp } from "../store/unwritable.ts";

const reason = "revoked_by_user";

describeStores("all sessions but one", (open) => {
  it("end of a subject, or of what the subject has with one client", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessions, account } = issuer;
    const { subject } = account;
    const eve = await addTestAccount(store, "eve");
    const start = async (owner = account, clientId = FIRST_PARTY_CLIENT_ID) =>
      (await sessions.begin({ account: owner, clientId, scopes: [] })).sessionId;
    const [one, two, other] = [await start(), await start(), await start(eve)];
    const [agent, agentToo] = [await start(account, "agent"), await start(account, "agent")];

    const ofClient = { subject, clientId: "agent", exceptSessionId: agent };
    expect(await sessions.end({ where: ofClient, reason })).toEqual([agentToo]);
    const ended = await sessions.end({ where: { subject, exceptSessionId: two }, reason });
    expect(new Set(ended)).toEqual(new Set([one, agent]));
    expect(await sessions.list({ subject, limit: 9 })).toMatchObject([{ sessionId: two }]);
    expect(await sessions.list({ subject: eve.subject, limit: 9 })).toMatchObject([{ sessionId: other }]);
  });

  it("are refused at once although nothing can be written, and the one goes on", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { clock, keyRing, secret, account } = issuer;
    await using revocations = await begin(
      createRevocations({ store, clock, pollMs: 5, accessTtlMs: 600_000, issuer: TEST_ISSUER }),
    );
    const audit = { record: () => {} };
    const sessions = createSessions({
      ...{ store, keyRing, secret, clock, audit, issuer: TEST_ISSUER, audience: TEST_AUDIENCE, revocations },
    });
    const start = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [one, two] = [await start(), await start()];
    const free = await fillUp(store);
    const where = { subject: account.subject, exceptSessionId: two.sessionId };
    await expect(sessions.end({ where, reason })).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    await expect(sessions.refresh({ refreshToken: one.refreshToken, refreshId: "" })).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
    });
    await free();
    await eventually(async () =>
      (await sessions.find(one.sessionId))?.revokedAtMs === undefined ? undefined : true,
    );
    await sessions.refresh({ refreshToken: two.refreshToken, refreshId: "" });
  });

  it("are never those of everyone: a selector that only leaves one out is refused", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const where = { exceptSessionId: "s" } as unknown as { readonly subject: string };
    await expect(issuer.sessions.end({ where, reason })).rejects.toThrow("name a session, a subject");
  });
});
