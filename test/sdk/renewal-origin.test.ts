import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  type Clock,
  createSession,
  fromFunction,
  fromSession,
  type Session,
  type StreamRenewal,
  type TokenSource,
} from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { LIFETIME_MS, settle } from "./kit.ts";

const OTHER = "https://other.example";
const THIRD = "https://third.example";

/** Answers with a message, and says that the stream ends with its token, and which process has it. */
function notesOf(owner: string): Partial<ServiceImpl<typeof NotesService>> {
  return {
    async *watchNotes(_, { responseHeader, signal }) {
      responseHeader.set("countersign-expires-in", "600");
      responseHeader.set("countersign-stream-owner", owner);
      yield { sequence: 1n };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
}

/** What a session that renews its streams at `baseUrl` is made of. */
interface Renewing {
  readonly baseUrl: string;
  readonly source: TokenSource;
  readonly clock: Clock;
}

const allowedOrigins = [OTHER, THIRD];

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

type Renew = NonNullable<TokenSource["renewStreams"]>;

/**
 * Hold a stream on each of the other servers for some time. Tokens last for ten minutes.
 *
 * @param renew what becomes of a renewal. Default: the streams go on
 * @returns the renewals, in their order
 */
async function renewalsOf(
  create: (renewing: Renewing) => Session,
  { baseUrl, minutes = 9, renew = async ({ streamIds }) => streamIds }: RenewalsOptions,
): Promise<readonly StreamRenewal[]> {
  const clock = createFakeClock();
  let tokens = 0;
  const renewals: StreamRenewal[] = [];
  const getToken = async (): Promise<string> => {
    tokens += 1;
    return `token-${tokens}`;
  };
  const source: TokenSource = {
    ...fromFunction(getToken, { lifetimeMs: LIFETIME_MS }),
    renewStreams(renewal) {
      renewals.push(renewal);
      return renew(renewal);
    },
  };
  await using session = create({ baseUrl, source, clock });
  const stop = new AbortController();
  const streams = await Promise.all([OTHER, THIRD].map((at) => openAt(at, session, stop.signal)));
  for (let passed = 0; passed < minutes; passed += 1) {
    clock.advance(60_000);
    await settle();
  }
  stop.abort();
  await Promise.allSettled(streams.map((messages) => messages.next()));
  return renewals;
}

interface RenewalsOptions extends Pick<Renewing, "baseUrl"> {
  readonly minutes?: number;
  readonly renew?: Renew;
}

/** Open a stream, and wait for its first message. */
async function openAt(baseUrl: string, { interceptor }: Session, signal: AbortSignal) {
  const transport = createRouterTransport(
    (router) => router.service(NotesService, notesOf(`at ${baseUrl}`)),
    {
      transport: { baseUrl, interceptors: [interceptor] },
    },
  );
  const messages = createClient(NotesService, transport).watchNotes({}, { signal })[Symbol.asyncIterator]();
  await messages.next();
  return messages;
}

describe.each(SESSIONS)("streams of $name", ({ create }) => {
  test("are renewed where they were opened, with one call to each server, wherever the session is", async () => {
    for (const baseUrl of ["https://api.example", "http://api.example"]) {
      const renewals = await renewalsOf(create, { baseUrl });
      expect(renewals.map((renewal) => renewal.baseUrl)).toEqual([OTHER, THIRD]);
      for (const renewal of renewals) {
        const [streamId] = renewal.streamIds;
        expect(renewal.streams).toEqual([{ streamId, owner: `at ${renewal.baseUrl}` }]);
      }
    }
  });

  test("go on at one server, while the renewal at another fails and is tried again", async () => {
    const renewals = await renewalsOf(create, {
      baseUrl: OTHER,
      minutes: 12,
      renew: ({ baseUrl, streamIds }) =>
        baseUrl === THIRD ? Promise.reject(new Error("down")) : Promise.resolve(streamIds),
    });
    expect(renewals.filter(({ baseUrl }) => baseUrl === OTHER)).toHaveLength(1);
    expect(renewals.filter(({ baseUrl }) => baseUrl === THIRD).length).toBeGreaterThan(1);
  });

  test("are renewed no more at a server that has no renewals", async () => {
    const renewals = await renewalsOf(create, {
      baseUrl: OTHER,
      minutes: 18,
      renew: () => Promise.reject(new ConnectError("not here", Code.Unimplemented)),
    });
    expect(renewals).toHaveLength(2);
  });
});
