import { randomBytes } from "node:crypto";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createIssuer, type Issuer } from "../../../server/issuer/src/create-issuer.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder, refusal, signIn } from "./own-issuer.ts";

const LACKS_SCOPE = "the token lacks a scope that the method needs";
const STREAM_ID = "a".repeat(22);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** A server with streams, on an issuer of its own, with no wiring but that of the guide. */
function serveStreams(issuer: Issuer) {
  const routes = (router: ConnectRouter) => {
    issuer.routes(router);
    router.service(NotesService, {
      async *watchNotes(_, { signal }) {
        yield { sequence: 1n };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
  };
  const auth = createAuth({ routes, issuers: [issuer.trust], audience: "billing" });
  const transport = createRouterTransport(auth.routes);
  return {
    auth,
    client: createClient(SessionService, transport),
    notes: createClient(NotesService, transport),
    streams: createClient(StreamService, transport),
  };
}

/** Two servers on a Postgres of their own, and a stream that is open at the first. */
async function startServers() {
  await using stack = new AsyncDisposableStack();
  const store = { postgres: await postgres.createDatabase() };
  const options = { ...inFolder("unused"), store, secret: randomBytes(32) };
  const here = stack.use(await createIssuer(options));
  const there = stack.use(await createIssuer(options));
  const account = await here.accounts.create(ADA);
  const [first, second] = [serveStreams(here), serveStreams(there)];
  const caller = await signIn(first);
  const headers = { ...caller.headers, "countersign-stream-id": STREAM_ID };
  const stream = first.notes.watchNotes({}, { headers })[Symbol.asyncIterator]();
  await stream.next();
  const kept = stack.move();
  return {
    account,
    caller,
    here,
    there,
    first,
    second,
    stream,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

describe("streams of servers on one store, each with createIssuer and createAuth and nothing else", () => {
  test("are renewed through the server that does not have them", async () => {
    await using servers = await startServers();
    const { second, caller } = servers;
    const renewal = await eventually(async () => {
      const answer = await second.streams.renew({ streamIds: [STREAM_ID] }, caller);
      // The first may not listen yet: a connection to the bus is opened in the background.
      return answer.streams.length > 0 ? answer : undefined;
    });
    expect(renewal).toMatchObject({ streams: [{ streamId: STREAM_ID }], unknownStreamIds: [] });
  });

  test("end when another server revokes their session", async () => {
    await using servers = await startServers();
    const { account, there, first, stream } = servers;
    await there.sessions.end({ where: { subject: account.subject }, reason: "revoked_by_operator" });
    const end = await stream.next().catch((error: unknown) => ConnectError.from(error));
    expect(end).toMatchObject({ rawMessage: "the session has been revoked" });
    await eventually(() => (first.auth.streams.size === 0 ? true : undefined));
  });

  test("go on with the roles that another server takes away, and end when a scope goes that they need", async () => {
    await using servers = await startServers();
    const { here, there, first, second, stream, caller } = servers;
    await here.accounts.create({ ...ADA, username: "eve" });
    const other = await signIn(second, { ...ADA, username: "eve" });
    const kept = second.notes.watchNotes({}, other)[Symbol.asyncIterator]();
    await kept.next();
    await there.accounts.update("ada", { roles: ["reader"] });
    const rolesOf = () => first.auth.streams.findWhere(() => true).map(({ principal }) => principal.roles);
    await eventually(() => (String(rolesOf()) === "reader" ? true : undefined));
    await there.accounts.update("ada", { scopes: [] });
    const end = await stream.next().catch((error: unknown) => ConnectError.from(error));
    expect(end).toMatchObject({ code: Code.PermissionDenied, rawMessage: LACKS_SCOPE });
    // Neither does the token of before open another, at either server.
    for (const { notes } of [first, second]) {
      const again = notes.watchNotes({}, caller)[Symbol.asyncIterator]().next();
      await expect(again).rejects.toThrow(LACKS_SCOPE);
    }
    expect(second.auth.streams.size).toBe(1);
  });

  test("are not renewed for another account", async () => {
    await using servers = await startServers();
    const { here, second } = servers;
    const eve = { ...ADA, username: "eve" };
    await here.accounts.create(eve);
    const stranger = await signIn(second, eve);
    const answer = await eventually(async () => {
      const result = await second.streams.renew({ streamIds: [STREAM_ID] }, stranger).catch(refusal);
      return typeof result === "number" ? result : undefined;
    });
    expect(answer).toBe(Code.PermissionDenied);
  });
});

test("streams of one gate are renewed through another gate of the process, on a store without other servers", async () => {
  await using folder = await createTemporaryFolder();
  await using issuer = await createIssuer(inFolder(folder.path));
  await issuer.accounts.create(ADA);
  const [first, second] = [serveStreams(issuer), serveStreams(issuer)];
  const caller = await signIn(first);
  const headers = { ...caller.headers, "countersign-stream-id": STREAM_ID };
  await first.notes.watchNotes({}, { headers })[Symbol.asyncIterator]().next();
  const unknown = "b".repeat(22);
  expect(await second.streams.renew({ streamIds: [STREAM_ID, unknown] }, caller)).toMatchObject({
    streams: [{ streamId: STREAM_ID }],
    unknownStreamIds: [unknown],
  });
  await issuer.accounts.create({ ...ADA, username: "eve" });
  const stranger = await signIn(second, { ...ADA, username: "eve" });
  const refused = second.streams.renew({ streamIds: [STREAM_ID] }, stranger).catch(refusal);
  expect(await refused).toBe(Code.PermissionDenied);
});
