import { createIssuer } from "@countersign/issuer";
import { createAuth } from "@countersign/server";
import { routes } from "./routes.ts";
import { setting } from "./setting.ts";

const audience = setting("AUDIENCE");

const issuer = await createIssuer({
  store: { sqlite: "data/accounts.db" },
  secret: { file: "data/secret" },
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
