import { randomBytes } from "node:crypto";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, it } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { clientOf } from "../../support/rpc.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { startTestIssuer, TEST_AUDIENCE, TEST_ISSUER } from "../../support/test-issuer.ts";

it("a server that is not the issuer ends the streams of a session that is ended there, and no others", async () => {
  await using folder = await createTemporaryFolder();
  await using store = await openDatabase({ sqlite: databaseIn(folder.path) });
  using issuer = await startTestIssuer(store, createWallClock(Date.now()));
  await using stack = new AsyncDisposableStack();
  const database = { sqlite: databaseIn(folder.path) };
  const revocations = stack.adopt(
    createRevocations({ database, issuer: TEST_ISSUER, pollMs: 5 }),
    (started) => started.close(),
  );
  await revocations.start();
  const auth = createAuth({
    routes: (router) =>
      router.service(NotesService, {
        async *watchNotes(_, ctx) {
          yield {};
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        },
      }),
    issuers: [{ issuer: TEST_ISSUER, keys: { source: issuer.keyRing.keySource } }],
    audience: TEST_AUDIENCE,
    revocations,
  });
  const server = stack.adopt(await listen(buildRequestListener({ ...auth })), (listener) =>
    listener.close(0),
  );
  const begin = () =>
    issuer.sessions.begin({ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
  const watch = async (token: string) => {
    const notes = clientOf(NotesService, { baseUrl: server.origin, protocol: "grpc", token });
    const headers = { "countersign-stream-id": randomBytes(16).toString("base64url") };
    const events = notes.watchNotes({}, { headers })[Symbol.asyncIterator]();
    await events.next();
    return events.next().catch(reasonOf);
  };
  const [ended, going] = [await begin(), await begin()];
  const streams = [watch(ended.accessToken), watch(going.accessToken)];
  await expect.poll(() => auth.streams.size).toBe(2);
  await issuer.sessions.end({ where: { sessionId: ended.sessionId }, reason: "signed_out" });
  expect(await streams[0]).toBe("SESSION_REVOKED");
  expect(auth.streams.size).toBe(1);
  const again = clientOf(NotesService, { baseUrl: server.origin, token: ended.accessToken }).listNotes({});
  await expect(again).rejects.toThrow("the session has been revoked");
});
