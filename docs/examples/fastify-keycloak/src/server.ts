import { keycloak } from "@countersign/server/issuers";
import { createApp } from "./app.ts";
import { AUDIENCE, createTicketAuth } from "./auth.ts";

const { REALM = "http://127.0.0.1:8080/realms/acme", PORT = "8081" } = process.env;

const auth = createTicketAuth([keycloak({ realm: REALM, audience: AUDIENCE })]);
const app = await createApp(auth);
console.log(`listening at ${await app.listen({ host: "127.0.0.1", port: Number(PORT) })}`);

const stop = () => {
  void app.close();
  // Streams end one after another, and their clients open them elsewhere.
  void auth.drain(5_000);
};
process.once("SIGTERM", stop).once("SIGINT", stop);
