import { describe, expect, it } from "vitest";
import { toFederatedSubject } from "../../../server/issuer/src/credentials/federated-identity.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { addTestClient } from "../../support/sign-ins.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { ACCESS_TOKEN, claimsOf, start } from "./exchange-server.ts";

describe("a token of another issuer that is exchanged again and again", () => {
  it("hands may_act on, so that the party that it names cannot hand the token on to another", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const other = await addTestClient(server.issuer, "other", { grants: ["token-exchange"] });
    const actor = { actor_token: server.other.sign({ sub: "robot" }), actor_token_type: ACCESS_TOKEN };
    const agent = { iss: TEST_ISSUER, sub: "client_agent" };
    const cases: readonly (readonly [unknown, Readonly<Record<string, string>>, unknown])[] = [
      [agent, {}, agent],
      [{ ...agent, client_id: "agent" }, {}, { ...agent, client_id: "agent" }],
      [{ sub: "robot" }, actor, { iss: "https://idp.example", sub: "robot" }],
    ];
    for (const [mayAct, more, carried] of notEmpty(cases)) {
      const first = await exchange(server.other.sign({ may_act: mayAct }), more);
      expect(claimsOf(first).may_act).toEqual(carried);
      const token = String(first.body.access_token);
      expect(await exchange(token, {}, other)).toMatchObject({
        status: 400,
        body: { error: "invalid_request" },
      });
      expect(claimsOf(await exchange(token, more)).may_act).toEqual(carried);
    }
  });

  it("becomes one whose actors before have names that no client of ours has", async () => {
    await using started = await start();
    const { server, exchange } = started;
    const admin = { sub: "client_admin", client_id: "admin", about: "x" };
    const token = server.other.sign({ act: { iss: TEST_ISSUER, sub: "usr_ada", act: admin } });
    const history = {
      sub: toFederatedSubject(TEST_ISSUER, "usr_ada"),
      act: { sub: toFederatedSubject("https://idp.example", "client_admin") },
    };
    const agent = { sub: "client_agent", client_id: "agent" };
    const first = await exchange(token);
    expect(claimsOf(first).act).toEqual({ ...agent, act: history });
    const second = await exchange(String(first.body.access_token));
    expect(claimsOf(second).act).toEqual({ ...agent, act: { ...agent, act: history } });
    expect((await exchange(String(second.body.access_token))).body.error).toBe("invalid_request");
  });
});
