import { describe, expect, it } from "vitest";
import { postForm } from "../../support/endpoint-calls.ts";
import { ADA, claimsIn, exchange, startClaimIssuer } from "./claim-issuer.ts";

describe("the claims of accounts and clients", () => {
  it("stand in the tokens of sign-ins and of refreshes, as they are at the time", async () => {
    await using own = await startClaimIssuer();
    const { issuer } = own;
    const { accessToken, refreshToken } = await own.signIn();
    expect(claimsIn(accessToken)).toMatchObject(ADA.claims);
    await issuer.accounts.update("ada", { claims: { tenant: "other" } });
    const next = await issuer.sessions.refresh({ refreshToken, refreshId: "" });
    expect(claimsIn(next.accessToken)).toMatchObject({ tenant: "other" });
    expect(claimsIn(next.accessToken)).not.toHaveProperty("level");
    const narrow = { refreshToken: next.refreshToken, refreshId: "", scopes: ["notes:read"] };
    expect(claimsIn((await issuer.sessions.refresh(narrow)).accessToken)).toMatchObject({ tenant: "other" });
  });

  it("stand in a client's own tokens, and not in those that it has for others", async () => {
    await using own = await startClaimIssuer();
    const { body } = await own.token({ grant_type: "client_credentials" });
    expect(claimsIn(body.access_token)).toMatchObject({ team: "robots", sub: "client_agent" });
    const { accessToken } = await own.signIn();
    const exchanged = claimsIn((await own.token(exchange(accessToken))).body.access_token);
    expect(exchanged).toMatchObject({ ...ADA.claims, act: { sub: "client_agent" } });
    expect(exchanged).not.toHaveProperty("team");
    const self = claimsIn((await own.token(exchange(String(body.access_token)))).body.access_token);
    expect(self).toMatchObject({ team: "robots" });
    const external = claimsIn((await own.token(exchange(own.other.sign()))).body.access_token);
    expect(external).not.toHaveProperty("team");
    expect(external).not.toHaveProperty("tenant");
  });

  it("say in may_act who may act for an account, and nobody else may (RFC 8693 §4.4)", async () => {
    await using own = await startClaimIssuer();
    const { issuer } = own;
    const exchangeNow = async () => own.token(exchange((await own.signIn()).accessToken));
    await issuer.accounts.update("ada", { claims: { may_act: { sub: "client_agent" } } });
    const { status, body } = await exchangeNow();
    expect(status).toBe(200);
    expect(claimsIn(body.access_token)).toMatchObject({
      act: { sub: "client_agent" },
      may_act: { sub: "client_agent" },
    });
    for (const mayAct of [
      { sub: "client_other" },
      { sub: "client_agent", client_id: "other" },
      "client_agent",
      {},
    ]) {
      await issuer.accounts.update("ada", { claims: { may_act: mayAct } });
      expect(await exchangeNow()).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    }
  });

  it("are shown by introspection, and hide nothing that it says itself", async () => {
    await using own = await startClaimIssuer();
    await own.issuer.accounts.update("ada", { claims: { tenant: "acme", nickname: "x" } });
    const { accessToken } = await own.signIn();
    const form = { client_id: "agent", client_secret: own.secret, token: accessToken };
    const { body } = await postForm(own.issuer.endpoints["/oauth2/introspect"], form);
    expect(body).toMatchObject({ active: true, tenant: "acme", token_type: "Bearer", roles: ["author"] });
    expect(body).not.toHaveProperty("level");
  });
});
