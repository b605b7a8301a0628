import { type CreateIssuerOptions, createIssuer, type Issuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";

/** The issuer of the tokens, by a name that no machine has. */
const ISSUER = "https://auth.example.com";
const AUDIENCE = "bench";
/** The client that watches. */
const CLIENT_ID = "watchers";

/** Where the feed of what is revoked is watched, and as whom. */
export interface Watched {
  readonly issuer: string;
  readonly port: number;
  readonly clientId: string;
  readonly secret: string;
}

/** Open the issuer of a hub. */
export function openIssuer(store: CreateIssuerOptions["store"]): Promise<Issuer> {
  return createIssuer({ store, secret: new Uint8Array(32), url: ISSUER, audience: AUDIENCE });
}

/** Serve its feed, with a client that may watch. */
export async function serveFeed({ routes, trust, clients, endpoints, documents }: Issuer): Promise<Watched> {
  const { secret = "" } = await clients.create({
    clientId: CLIENT_ID,
    scopes: ["signals:read"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  });
  const auth = createAuth({ routes: (router) => routes(router), issuers: [trust], audience: AUDIENCE });
  const { address } = await listen(buildRequestListener({ ...auth, endpoints, documents }));
  return { issuer: ISSUER, port: address.port, clientId: CLIENT_ID, secret };
}
