import { createClient, type HandlerContext } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { fromSession, isSessionError } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { createAuth, principalOf } from "@countersign/server";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { DEMO_ACCOUNT, startServer } from "../support/server-process.ts";
import { SHORT_LIVES } from "../support/stream-runs.ts";

const ACCOUNTS = [DEMO_ACCOUNT, { username: "admin", password: "admin-password" }];

/** Start an API at an origin of its own that trusts the issuer's tokens. It says whose session each call is of. */
async function startApi(issuer: string) {
  let open = 0;
  const sessionOf = (ctx: HandlerContext): string => principalOf(ctx).sessionId ?? "none";
  const auth = createAuth({
    issuers: [{ issuer, keys: { discovery: true } }],
    audience: "countersign-demo",
    routes: (router) =>
      router.service(NotesService, {
        getNote: (_, ctx) => ({ id: sessionOf(ctx) }),
        async *watchNotes(_, ctx) {
          open += 1;
          yield { note: { id: sessionOf(ctx) } };
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
          open -= 1;
        },
      }),
  });
  const listener = await listen(buildRequestListener({ ...auth }), { port: 0 });
  return {
    baseUrl: listener.origin,
    open: () => open,
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

test("streams at an API of its own are renewed there, of a second session and of the first one, with which both end", async () => {
  await using issuer = await startServer({ env: SHORT_LIVES });
  await using api = await startApi(issuer.baseUrl);
  await using account = createSession({ baseUrl: issuer.baseUrl, allowedOrigins: [api.baseUrl] });
  const ownNotes = createClient(
    NotesService,
    createNodeTransport({ baseUrl: api.baseUrl, session: account }),
  );
  await using second = createSession({ baseUrl: api.baseUrl, source: fromSession(account) });
  const notes = createClient(NotesService, createNodeTransport({ baseUrl: api.baseUrl, session: second }));
  const sessionIds: (string | undefined)[] = [];
  for (const [index, credential] of ACCOUNTS.entries()) {
    await account.signIn(credential);
    const { sessionId } = account.getSnapshot();
    sessionIds.push(sessionId);
    let error: unknown;
    const ended: Promise<unknown>[] = [];
    for (const client of [notes, ownNotes]) {
      const messages = client.watchNotes({})[Symbol.asyncIterator]();
      expect((await messages.next()).value.note.id).toBe(sessionId);
      ended.push(
        messages.next().catch((cause: unknown) => {
          error = cause;
        }),
      );
    }
    // Over the lives of two tokens, and more.
    await eventually(() => account.getSnapshot().generation >= 4 || error);
    expect(error).toBeUndefined();
    expect((await notes.getNote({ id: "1" })).id).toBe(sessionId);
    if (index === 0) {
      await account.signOut();
      const refused = await notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
      expect(isSessionError(refused, "SIGNED_OUT")).toBe(true);
    } else {
      await account.signIn(DEMO_ACCOUNT);
    }
    await Promise.all(ended);
    expect(isSessionError(error, "SIGNED_OUT")).toBe(true);
    await eventually(() => api.open() === 0 || undefined);
  }
  expect(new Set(sessionIds).size).toBe(2);
});
