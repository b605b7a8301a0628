import { createIssuer } from "@countersign/issuer";
import { createAuth } from "@countersign/server";
import { routes } from "./routes.ts";
import { setting } from "./setting.ts";

const audience = setting("AUDIENCE");
const { DATABASE_URL } = process.env;

const issuer = await createIssuer({
  store: DATABASE_URL === undefined ? { sqlite: "data/accounts.db" } : { postgres: DATABASE_URL },
  // Made at the first start. When the store has keys, a missing one stops the start.
  secret: { file: "data/secret", createIfMissing: true },
  url: setting("ADDRESS"),
  audience,
});

if ((await issuer.accounts.find("demo")) === undefined) {
  const password = setting("DEMO_PASSWORD");
  await issuer.accounts.create({ username: "demo", password, scopes: [], roles: [] });
}

/** The service with its rules, and SessionService, where users sign in. */
export const auth = createAuth({
  routes(router) {
    issuer.routes(router);
    routes(router);
  },
  issuers: [issuer.trust],
  audience,
});

/** What other servers and clients read of the issuer, by their paths: its keys and its metadata. */
export const documents = { ...issuer.documents, ...issuer.endpoints };

/** Close the issuer's store, when the server has stopped. */
export const close = (): Promise<void> => issuer.close();
