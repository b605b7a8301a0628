import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { keycloak } from "@countersign/server/issuers";
import { createTestIssuer, expectDenied, withToken } from "@countersign/server/testing";
import { TicketService } from "../gen/tickets/v1/tickets_pb.js";
import { AUDIENCE, createTicketAuth } from "../src/auth.ts";

const realm = "https://keycloak.example.com/realms/acme";
const provider = await createTestIssuer({ audience: AUDIENCE, issuer: realm });
// All that the preset checks, with the keys of the test.
const auth = createTicketAuth([{ ...keycloak({ realm, audience: AUDIENCE }), keys: provider.trust.keys }]);
const anonymous = createClient(TicketService, createRouterTransport(auth.routes));

/** A client with a token as Keycloak makes it. */
async function as(subject: string, roles: readonly string[], claims: object = {}) {
  const ofKeycloak = { typ: "Bearer", azp: "web", realm_access: { roles } };
  return withToken(anonymous, await provider.token({ subject, claims: { ...ofKeycloak, ...claims } }));
}

test("an agent closes what a user has opened", async () => {
  const { id } = await (await as("ada", [])).openTicket({ title: "No light" });
  assert.equal((await (await as("ben", ["agent"])).closeTicket({ id })).closedBy, "ben");
});

test("a user without the role closes nothing", async () => {
  await expectDenied((await as("ada", ["customer"])).closeTicket({ id: "1" }), "POLICY_DENIED");
});

test("an ID token is no access token", async () => {
  await expectDenied((await as("ada", [], { typ: "ID" })).openTicket({ title: "?" }), "TOKEN_INVALID");
});

test("a token for another client of the realm does not pass", async () => {
  await expectDenied((await as("ada", [], { aud: "account" })).openTicket({ title: "?" }), "TOKEN_INVALID");
});
