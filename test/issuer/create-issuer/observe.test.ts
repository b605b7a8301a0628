import { DatabaseSync } from "node:sqlite";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type {
  IssuerSignal,
  KeyFetch,
  Observer,
  RefreshDecision,
  StoreQuery,
  StoreSchema,
} from "../../../server/gate/src/kernel/observe.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { SCHEMA_VERSION } from "../../../server/issuer/src/store/migrations/migrate.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder, serve } from "./own-issuer.ts";

/** An issuer with an account, and all that its observer learns. */
async function setUp(failsAlways = false) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const queries: StoreQuery[] = [];
  const refreshes: RefreshDecision[] = [];
  const audited: string[] = [];
  const warnings: string[] = [];
  const observe: Observer = {
    storeQueried: (query) => void queries.push(query),
    refreshDecided: (decision) => void refreshes.push(decision),
    audited: ({ type }) => void audited.push(type),
  };
  const fail = () => {
    throw new Error("no more figures");
  };
  const failing: Observer = { storeQueried: fail, refreshDecided: fail, audited: fail };
  const issuer = stack.use(
    await createIssuer(
      inFolder(folder.path, {
        observe: failsAlways ? failing : observe,
        onWarning: (warning) => void warnings.push(warning),
      }),
    ),
  );
  await issuer.accounts.create(ADA);
  const { client } = serve(issuer);
  const { username, password } = ADA;
  const signIn = () => client.signIn({ credential: { case: "password", value: { username, password } } });
  const kept = stack.move();
  return {
    issuer,
    client,
    signIn,
    queries,
    refreshes,
    audited,
    warnings,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const refreshId = "r".repeat(22);

describe("an observer of an issuer", () => {
  test("learns the version of the tables, and the log names one that a newer release has made", async () => {
    await using folder = await createTemporaryFolder();
    const read: StoreSchema[] = [];
    const warnings: string[] = [];
    const options = inFolder(folder.path, {
      observe: { schemaRead: (schema) => void read.push(schema) },
      onWarning: (warning) => void warnings.push(warning),
    });
    await (await createIssuer(options)).close();
    expect(warnings).toEqual([]);
    const newer = SCHEMA_VERSION + 1;
    const database = new DatabaseSync(databaseIn(folder.path));
    database.exec(`insert into schema_versions (version, min_version) values (${newer}, 5)`);
    database.close();
    await (await createIssuer(options)).close();
    expect(read).toEqual([
      { version: SCHEMA_VERSION, knownVersion: SCHEMA_VERSION },
      { version: newer, knownVersion: SCHEMA_VERSION },
    ]);
    expect(warnings).toEqual([
      `the database has schema version ${newer}, which a newer version of Countersign has made: this one knows ` +
        `${SCHEMA_VERSION}, and works with it; update it before the tables change again`,
    ]);
  });

  test("learns what is asked of the store, and neither texts nor values", async () => {
    await using issuer = await setUp();
    expect(issuer.queries).toContainEqual(
      expect.objectContaining({ operation: "transaction", table: undefined, result: "answered" }),
    );
    issuer.queries.length = 0;
    await issuer.signIn();
    const names = issuer.queries.map(({ operation, table }) => `${operation} ${table}`);
    expect(names).toEqual(expect.arrayContaining(["select accounts", "insert sessions"]));
    expect(issuer.queries.every(({ microseconds }) => microseconds >= 0)).toBe(true);
    expect(issuer.queries.flatMap((query) => Object.keys(query).sort().join())).toEqual(
      issuer.queries.map(() => "microseconds,operation,result,table"),
    );
    expect(JSON.stringify(issuer.queries)).not.toMatch(/ada|usr_|\$argon2/);
  });

  test("learns what becomes of each refresh, and of changes as the audit has them", async () => {
    await using issuer = await setUp();
    const { client, refreshes, audited } = issuer;
    const { tokens } = await issuer.signIn();
    const first = tokens?.refreshToken ?? "";
    const next = await client.refresh({ refreshToken: first, refreshId });
    await client.refresh({ refreshToken: first, refreshId });
    await expect(client.refresh({ refreshToken: "csr_forged" })).rejects.toThrow();
    await client.refresh({ refreshToken: next.tokens?.refreshToken ?? "", refreshId: "s".repeat(22) });
    await expect(client.refresh({ refreshToken: first, refreshId })).rejects.toThrow();
    expect(refreshes.map(({ outcome }) => outcome)).toEqual([
      "refreshed",
      "refreshed",
      "REFRESH_TOKEN_INVALID",
      "refreshed",
      "REUSE",
    ]);
    expect(audited).toEqual(expect.arrayContaining(["account_added", "sign_in", "refresh", "refresh_reuse"]));
  });

  test("changes nothing when it throws, and is reported once a minute", async () => {
    await using issuer = await setUp(true);
    const { tokens } = await issuer.signIn();
    await issuer.client.refresh({ refreshToken: tokens?.refreshToken ?? "", refreshId });
    expect(issuer.warnings).toEqual([
      expect.stringMatching(/^an observer failed in \w+, and an event is lost: Error: no more figures$/),
    ]);
  });
});

test("a gate on an issuer learns what it has revoked", async () => {
  await using folder = await createTemporaryFolder();
  await using issuer = await createIssuer(inFolder(folder.path));
  const signals: IssuerSignal[] = [];
  createAuth({
    routes: (router) => issuer.routes(router),
    issuers: [issuer.trust],
    audience: "billing",
    observe: { signalReceived: (signal) => void signals.push(signal) },
  });
  await issuer.revocations.revoke({ sid: "session-1" });
  const [key] = await issuer.keys.list();
  await issuer.keys.compromise(key?.kid ?? "");
  await expect
    .poll(() => signals)
    .toEqual([
      { kind: "revocation", count: 1 },
      { kind: "key_withdrawal", count: 1 },
    ]);
});

test("an issuer learns of the keys of those that it exchanges tokens of", async () => {
  await using folder = await createTemporaryFolder();
  const fetches: KeyFetch[] = [];
  const idp = "https://idp.example";
  await using issuer = await createIssuer(
    inFolder(folder.path, {
      // Nothing listens on port 1.
      federatedIssuers: [{ issuer: { issuer: idp, keys: { jwksUri: "http://127.0.0.1:1/jwks" } } }],
      observe: { keysFetched: (fetched) => void fetches.push(fetched) },
    }),
  );
  const auth = createAuth({ routes: issuer.routes, issuers: [issuer.trust], audience: "billing" });
  const client = createClient(SessionService, createRouterTransport(auth.routes));
  const toPart = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const token = [toPart({ alg: "ES256", typ: "at+jwt", kid: "k" }), toPart({ iss: idp }), "AA"].join(".");
  await expect(client.signIn({ credential: { case: "federated", value: { token } } })).rejects.toThrow();
  // They are fetched at start, and for the token once more unless the pause after a failure is not over.
  expect([1, 2]).toContain(fetches.length);
  for (const fetched of fetches) {
    expect(fetched).toEqual({ issuer: idp, result: "failed", microseconds: expect.any(Number) });
  }
});
