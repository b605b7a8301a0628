import { randomBytes } from "node:crypto";
import type { CreateIssuerOptions, Issuer } from "@countersign/issuer";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { answerParent } from "../run/answer-parent.ts";
import { openIssuer, serveFeed, type Watched } from "../signals/hub.ts";
import { beginTaking, type Taken } from "./turns.ts";

const BATCH = 2_000;
const LIFE_MS = 24 * 60 * 60 * 1_000;

/** Where a store is: on SQLite or on Postgres. */
export type Location = CreateIssuerOptions["store"];

/** How many revoked sessions a store is to have. */
export interface Filling {
  readonly store: Location;
  readonly count: number;
}

/** Write so many revoked sessions into a new store. */
async function fill({ store: location, count }: Filling): Promise<void> {
  await using store = await openDatabase(location);
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

let issuer: Issuer | undefined;
let take: (() => Taken) | undefined;

/** Start a server on it. */
async function open(store: Location): Promise<Taken> {
  const started = beginTaking();
  issuer = await openIssuer(store);
  return started();
}

/** Let others watch. */
async function serve(): Promise<Watched> {
  if (issuer === undefined) {
    throw new Error("the server is not started");
  }
  const watched = await serveFeed(issuer);
  take = beginTaking();
  return watched;
}

answerParent({ fill, open, serve, served: () => take?.() });
