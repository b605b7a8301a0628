import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase, type Store } from "../../server/issuer/src/store/database.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { createRefreshingClient } from "../support/refreshing-client.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { runCountersign } from "../support/server-process.ts";

const SERVERS = 3;

const REVOKED = { code: Code.Unauthenticated, rawMessage: "the session has been revoked" };

let cluster: Cluster;
let store: Store;

beforeAll(async () => {
  cluster = await startCluster(Array.from({ length: SERVERS }, () => ({})));
  store = await openDatabase({ postgres: cluster.databaseUrl });
});

afterAll(async () => {
  await store.close();
  await cluster[Symbol.asyncDispose]();
});

const sessionsAt = (index: number, token?: string) =>
  clientOf(SessionService, {
    baseUrl: cluster.at(index).baseUrl,
    ...(token === undefined ? {} : { token }),
  });

const refreshAt = (index: number, refreshToken: string, refreshId = crypto.randomUUID()) =>
  sessionsAt(index)
    .refresh({ refreshToken, refreshId })
    .then(({ tokens }) => tokens?.refreshToken ?? "");

/** Open a stream that stays open until the server ends it; `ended` resolves to the error that it ended with. */
async function watchAt(index: number, token: string) {
  const notes = clientOf(NotesService, { baseUrl: cluster.at(index).baseUrl, protocol: "grpc", token });
  await notes.createNote({ title: "first" });
  const stream = notes.watchNotes({})[Symbol.asyncIterator]();
  await stream.next();
  const ended = (async () => {
    try {
      for (;;) {
        const { done } = await stream.next();
        if (done === true) {
          return undefined;
        }
      }
    } catch (error) {
      return ConnectError.from(error);
    }
  })();
  return { ended };
}

/** Wait until every server refuses a token. */
async function untilRefusedEverywhere(token: string): Promise<void> {
  await Promise.all(
    cluster.servers.map((_, index) =>
      eventually(
        () =>
          sessionsAt(index, token)
            .whoAmI({})
            .then(
              () => undefined,
              (error: unknown) => ConnectError.from(error).code === Code.Unauthenticated || undefined,
            ),
        { intervalMs: 10 },
      ),
    ),
  );
}

describe("several servers on one Postgres", () => {
  test("refresh each other's sessions", async () => {
    const client = createRefreshingClient(await signIn(cluster.at(0).baseUrl));
    for (let index = 0; index < 2 * SERVERS; index += 1) {
      const { accessToken } = await client.refresh(cluster.at(index).baseUrl);
      const { sessionId } = await sessionsAt(index + 1, accessToken).whoAmI({});
      expect(sessionId).toBe(client.tokens.sessionId);
    }
  });

  test("have one winner of 20 concurrent rotations of one token", async () => {
    const { refreshToken, sessionId } = await signIn(cluster.at(0).baseUrl);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refreshAt(index, refreshToken)),
    );
    expect(new Set(answers).size).toBe(1);
    const row = await store.db
      .selectFrom("sessions")
      .select(["generation", "revoked_at"])
      .where("session_id", "=", sessionId)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ generation: 1, revoked_at: null });
  });

  test("repeat an answer that was lost after the commit, byte for byte", async () => {
    const { refreshToken, sessionId } = await signIn(cluster.at(0).baseUrl);
    const refreshId = crypto.randomUUID();
    const lost = sendRefresh(cluster.at(0).baseUrl, { refreshToken, refreshId });
    const generation = () =>
      store.db
        .selectFrom("sessions")
        .select("generation")
        .where("session_id", "=", sessionId)
        .executeTakeFirstOrThrow();
    await eventually(async () => (await generation()).generation === 1 || undefined);
    const repeated = await refreshAt(1, refreshToken, refreshId);
    expect(await refreshAt(2, refreshToken, refreshId)).toBe(repeated);
    expect(await lost.read()).toContain(repeated);
    expect(await refreshAt(2, repeated)).not.toBe(repeated);
  });

  test("end a session that was stolen everywhere, with its streams, and say so", async () => {
    const { refreshToken: first, accessToken, sessionId } = await signIn(cluster.at(0).baseUrl);
    const streams = await Promise.all([watchAt(0, accessToken), watchAt(1, accessToken)]);
    await refreshAt(1, await refreshAt(0, first));
    const replayed = await sessionsAt(2)
      .refresh({ refreshToken: first, refreshId: crypto.randomUUID() })
      .then(
        () => undefined,
        (error: unknown) => ConnectError.from(error),
      );
    expect(replayed).toMatchObject(REVOKED);
    await untilRefusedEverywhere(accessToken);
    for (const { ended } of streams) {
      expect(await ended).toMatchObject(REVOKED);
    }
    const row = await store.db
      .selectFrom("sessions")
      .select("revoke_reason")
      .where("session_id", "=", sessionId)
      .executeTakeFirstOrThrow();
    expect(row.revoke_reason).toBe("reuse");
  });

  test("forget a key that an operator calls compromised, and nobody is signed out", async () => {
    const client = createRefreshingClient(await signIn(cluster.at(0).baseUrl));
    const { accessToken } = client.tokens;
    const stream = await watchAt(1, accessToken);
    const [, header = ""] = /^([^.]+)\./.exec(accessToken) ?? [];
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { readonly kid: string };
    const { code } = await runCountersign(["key", "compromise", kid], cluster.env);
    expect(code).toBe(0);
    await untilRefusedEverywhere(accessToken);
    expect(await stream.ended).toMatchObject({ code: Code.Unauthenticated });
    const renewed = await client.refresh(cluster.at(2).baseUrl);
    for (const [index] of cluster.servers.entries()) {
      await sessionsAt(index, renewed.accessToken).whoAmI({});
    }
    const jwks = await fetch(`${cluster.at(0).baseUrl}/.well-known/jwks.json`).then((res) => res.text());
    expect(jwks).not.toContain(kid);
  });

  test("end a session that an operator revokes with the command", async () => {
    const { accessToken, sessionId } = await signIn(cluster.at(0).baseUrl);
    const stream = await watchAt(1, accessToken);
    expect(await runCountersign(["session", "revoke", sessionId], cluster.env)).toMatchObject({ code: 0 });
    await untilRefusedEverywhere(accessToken);
    expect(await stream.ended).toMatchObject(REVOKED);
  });
});

/** Ask for a refresh, and do not read the answer before one is told to. */
function sendRefresh(baseUrl: string, body: object) {
  const { hostname, port, host } = new URL(baseUrl);
  const json = JSON.stringify(body);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.write(
    `POST /countersign.auth.v1.SessionService/Refresh HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  );
  return {
    async read(): Promise<string> {
      const chunks: Buffer[] = [];
      for await (const chunk of socket) {
        chunks.push(chunk as Buffer);
      }
      await pause(0);
      return Buffer.concat(chunks).toString();
    },
  };
}
