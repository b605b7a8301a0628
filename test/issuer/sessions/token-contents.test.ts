import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { updateAccount } from "../../../server/issuer/src/store/accounts.ts";
import { describeStores } from "../../support/stores.ts";
import { startTestIssuer, TEST_AUDIENCE, TEST_RESOURCE } from "../../support/test-issuer.ts";

const claims = {
  tenant: "acme",
  "https://acme.example/plan": { seats: [1, 2], name: "Größe \u0000 \ud800" },
};

describeStores("the tokens of a session", (open) => {
  it("have the claims that the account has at the time, whichever way they are refreshed", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessions, account } = issuer;
    const { subject } = account;
    await updateAccount(store, subject, { claims });
    const common = { clientId: FIRST_PARTY_CLIENT_ID, scopes: [] };
    const first = await sessions.begin({ ...common, account });
    expect(decodeJwt(first.accessToken)).toMatchObject(claims);
    await updateAccount(store, subject, { claims: { tenant: "other" } });
    // Without a wish, by one statement; with one, after a look at the session.
    const second = await sessions.refresh({ refreshToken: first.refreshToken, refreshId: "" });
    const wish = { refreshToken: second.refreshToken, refreshId: "a".repeat(22), scopes: ["notes:read"] };
    const third = await sessions.refresh(wish);
    const repeated = await sessions.refresh(wish);
    for (const { accessToken } of [second, third, repeated]) {
      const said = decodeJwt(accessToken);
      expect(said).toMatchObject({ tenant: "other", sub: subject, aud: TEST_AUDIENCE });
      expect(said).not.toHaveProperty(["https://acme.example/plan"]);
    }
    expect(repeated.refreshToken).toBe(third.refreshToken);
    await updateAccount(store, subject, { claims: {} });
    const last = await sessions.refresh({ refreshToken: third.refreshToken, refreshId: "" });
    expect(decodeJwt(last.accessToken)).not.toHaveProperty("tenant");
  });

  it("are for the resources that the session began with, and say how well its user signed in", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessions, account } = issuer;
    const resources = [TEST_RESOURCE, TEST_AUDIENCE];
    const proof = { acr: "urn:acme:mfa", amr: ["hwk"] };
    const begun = { account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], resources, ...proof };
    const first = await sessions.begin(begun);
    const second = await sessions.refresh({ refreshToken: first.refreshToken, refreshId: "" });
    for (const { accessToken } of [first, second]) {
      expect(decodeJwt(accessToken)).toMatchObject({ ...proof, aud: resources });
    }
    const sibling = { refreshToken: first.refreshToken, refreshId: "", resources: [TEST_RESOURCE] };
    const repeated = await sessions.refresh(sibling);
    expect(repeated.refreshToken).toBe(second.refreshToken);
    expect(decodeJwt(repeated.accessToken).aud).toBe(TEST_RESOURCE);
    expect(await sessions.find(first.sessionId)).toMatchObject({ resources });
  });
});
