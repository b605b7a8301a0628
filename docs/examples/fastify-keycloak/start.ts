// Serves, with the keys of a test in the place of Keycloak's, and shows what comes of calls. `npm run serve` is for a real realm.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { keycloak } from "@countersign/server/issuers";
import { createTestIssuer, withToken } from "@countersign/server/testing";
import { TicketService } from "./gen/tickets/v1/tickets_pb.js";
import { createApp } from "./src/app.ts";
import { AUDIENCE, createTicketAuth } from "./src/auth.ts";

const realm = "https://keycloak.example.com/realms/acme";
const provider = await createTestIssuer({ audience: AUDIENCE, issuer: realm });
const auth = createTicketAuth([{ ...keycloak({ realm, audience: AUDIENCE }), keys: provider.trust.keys }]);
const app = await createApp(auth);
const baseUrl = await app.listen({ host: "127.0.0.1", port: 0 });

const anonymous = createClient(TicketService, createConnectTransport({ baseUrl, httpVersion: "1.1" }));
const customer = await as("ada", ["customer"]);
const agent = await as("ben", ["agent"]);

await show("a stranger opens a ticket", anonymous.openTicket({ title: "No light" }));
await show("ada opens a ticket", customer.openTicket({ title: "No light" }));
await show("ada closes it", customer.closeTicket({ id: "1" }));
await show("ben, an agent, closes it", agent.closeTicket({ id: "1" }));
await app.close();

/** Make a client with a token as Keycloak signs one. */
async function as(subject: string, roles: readonly string[]): Promise<typeof anonymous> {
  const claims = { typ: "Bearer", azp: "web", realm_access: { roles } };
  return withToken(anonymous, await provider.token({ subject, claims }));
}

async function show(what: string, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => "done",
    (error) => `${Code[ConnectError.from(error).code]}, ${ConnectError.from(error).rawMessage}`,
  );
  console.log(`${what}: ${outcome}`);
}
