import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createIssuer, type Issuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth } from "@countersign/server";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { answerParent } from "../run/answer-parent.ts";
import { measureTaken, type Taken } from "./turns.ts";

/** The issuer of the store, by a name that no machine has. */
const ISSUER = "https://auth.example.com";
/** The client that watches. */
const CLIENT_ID = "gates";

const AUDIENCE = "bench";
const BATCH = 2_000;
const LIFE_MS = 24 * 60 * 60 * 1_000;

/** A server that tells what is revoked. */
export interface OpenedHub {
  readonly taken: Taken;
  readonly port: number;
  /** That of the client. */
  readonly secret: string;
}

/** Write so many revoked sessions into a new store. */
async function fill({ folder, count }: { readonly folder: string; readonly count: number }): Promise<void> {
  await using store = await openDatabase({ sqlite: join(folder, "auth.db") });
  const revoked = { dimension: "sid", issuer: "", reason: "revoked", revoked_at: Date.now() };
  const others = { issued_before: null, expires_at: Date.now() + LIFE_MS, changed_claims: null };
  for (let at = 0; at < count; at += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - at) }, () => ({
      ...{ ...revoked, ...others },
      value: randomBytes(16).toString("base64url"),
    }));
    await store.db.insertInto("revocations").values(rows).execute();
  }
}

/** Start a server on it. */
async function open(folder: string): Promise<OpenedHub> {
  let made: Issuer | undefined;
  const taken = await measureTaken(async () => {
    const options = { secret: new Uint8Array(32), url: ISSUER, audience: AUDIENCE };
    made = await createIssuer({ ...options, store: { sqlite: join(folder, "auth.db") } });
  });
  if (made === undefined) {
    throw new Error("there is no issuer");
  }
  const { routes, trust, clients, endpoints, documents } = made;
  const rights = {
    scopes: ["signals:read"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  };
  const { secret = "" } = await clients.create({ clientId: CLIENT_ID, ...rights });
  const auth = createAuth({ routes: (router) => routes(router), issuers: [trust], audience: AUDIENCE });
  const { address } = await listen(buildRequestListener({ ...auth, endpoints, documents }));
  return { taken, port: address.port, secret };
}

answerParent({ fill, open });
