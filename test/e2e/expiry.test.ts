import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { createNodeTransport, createSession, type Session, type SessionEvent } from "@countersign/sdk/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { clientOf } from "../support/rpc.ts";
import { DEMO_ACCOUNT, type ServerProcess, startServer } from "../support/server-process.ts";

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({
    env: { COUNTERSIGN_ACCESS_TTL: "2s", COUNTERSIGN_CLOCK_TOLERANCE: "0s" },
  });
});

afterAll(() => server?.[Symbol.asyncDispose]());

interface Way {
  readonly name: string;
  readonly open: (baseUrl: string, session: Session) => Transport;
}

const withSession = (baseUrl: string, { interceptor }: { readonly interceptor: Interceptor }) => ({
  baseUrl,
  interceptors: [interceptor],
});

const ways: readonly Way[] = [
  { name: "gRPC on Node", open: (baseUrl, session) => createNodeTransport({ baseUrl, session }) },
  {
    name: "Connect on Node",
    open: (baseUrl, session) =>
      createConnectTransport({ ...withSession(baseUrl, session), httpVersion: "1.1" }),
  },
  {
    name: "gRPC-Web over fetch",
    open: (baseUrl, session) => createGrpcWebTransport(withSession(baseUrl, session)),
  },
];

describe.concurrent("a session whose token expires", () => {
  test.each(ways)("goes on over $name, and the application does not notice", async ({ open }) => {
    await using session = createSession({ baseUrl: server.baseUrl });
    const events: SessionEvent["type"][] = [];
    session.on((event) => events.push(event.type));
    const notes = createClient(NotesService, open(server.baseUrl, session));

    await session.signIn(DEMO_ACCOUNT);
    const first = await session.token();
    const before = await notes.createNote({ title: "before" });
    await eventually(() => expiredReason(first));
    const after = await notes.createNote({ title: "after" });

    expect(after.owner).toBe(before.owner);
    expect(after.sequence).toBeGreaterThan(before.sequence);
    expect(await session.token()).not.toBe(first);
    expect(events[0]).toBe("signed_in");
    expect(new Set(events.slice(1))).toEqual(new Set(["refreshed"]));
  });
});

test("after signing out, the token is refused at once and nothing is sent", async () => {
  // With tokens of ten minutes: what is refused here has not expired.
  await using lasting = await startServer();
  const { baseUrl } = lasting;
  await using session = createSession({ baseUrl });
  await session.signIn(DEMO_ACCOUNT);
  const token = await session.token();
  expect(await session.signOut()).toEqual({ revoked: true });
  expect(await refusalOf(token, baseUrl)).toBe("SESSION_REVOKED");

  const notes = createClient(NotesService, createNodeTransport({ baseUrl, session }));
  const error = await notes.listNotes({}).then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  expect(error?.code).toBe(Code.Unauthenticated);
  expect(error?.rawMessage).toBe("signed out");
});

/** "TOKEN_EXPIRED" once the server refuses a token for that, undefined before. */
async function expiredReason(token: string): Promise<string | undefined> {
  const reason = await refusalOf(token, server.baseUrl);
  expect([undefined, "TOKEN_EXPIRED"]).toContain(reason);
  return reason;
}

async function refusalOf(token: string, baseUrl: string): Promise<string | undefined> {
  try {
    await clientOf(SessionService, { baseUrl, token }).whoAmI({});
    return undefined;
  } catch (error) {
    return reasonOf(error) ?? "no reason";
  }
}
