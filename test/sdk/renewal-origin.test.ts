import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  type Clock,
  createSession,
  fromFunction,
  fromSession,
  type Session,
  type TokenSource,
} from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { LIFETIME_MS, settle } from "./kit.ts";

const OTHER = "https://other.example";

/** Answers with a message, and says that the stream ends with its token. */
const notes: Partial<ServiceImpl<typeof NotesService>> = {
  async *watchNotes(_, { responseHeader, signal }) {
    responseHeader.set("countersign-expires-in", "600");
    yield { sequence: 1n };
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  },
};

/** What a session that renews its streams at `baseUrl` is made of. */
interface Renewing {
  readonly baseUrl: string;
  readonly source: TokenSource;
  readonly clock: Clock;
}

const allowedOrigins = [OTHER];

const SESSIONS: readonly {
  readonly name: string;
  readonly create: (renewing: Renewing) => Session;
}[] = [
  { name: "a session", create: (renewing) => createSession({ ...renewing, allowedOrigins }) },
  {
    name: "a session that follows another",
    create({ baseUrl, source, clock }) {
      const leader = createSession({ baseUrl: "https://accounts.example", source, clock });
      return fromSession(leader).follow({ baseUrl, allowedOrigins, server: source });
    },
  },
];

/** Hold a stream on the other server until its token is due. @returns how often a renewal was sent to `baseUrl` */
async function renewalsOf(create: (renewing: Renewing) => Session, baseUrl: string): Promise<number> {
  const clock = createFakeClock();
  let tokens = 0;
  let renewals = 0;
  const getToken = async (): Promise<string> => {
    tokens += 1;
    return `token-${tokens}`;
  };
  const source: TokenSource = {
    ...fromFunction(getToken, { lifetimeMs: LIFETIME_MS }),
    async renewStreams({ streamIds }) {
      renewals += 1;
      return streamIds;
    },
  };
  await using session = create({ baseUrl, source, clock });
  const transport = createRouterTransport((router) => router.service(NotesService, notes), {
    transport: { baseUrl: OTHER, interceptors: [session.interceptor] },
  });
  const stop = new AbortController();
  const stream = createClient(NotesService, transport).watchNotes({}, { signal: stop.signal });
  const messages = stream[Symbol.asyncIterator]();
  await messages.next();
  for (let minutes = 0; minutes < 9; minutes += 1) {
    clock.advance(60_000);
    await settle();
  }
  stop.abort();
  await messages.next().catch(() => undefined);
  return renewals;
}

test.each(SESSIONS)(
  "streams of $name are renewed over https, and never at a base URL that may not have the token",
  async ({ create }) => {
    expect(await renewalsOf(create, "https://api.example")).toBe(1);
    expect(await renewalsOf(create, "http://api.example")).toBe(0);
  },
);
