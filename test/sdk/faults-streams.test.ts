import { Code, ConnectError, createClient, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createKit, DEMO, type Kit, LIFETIME_MS, settle } from "./kit.ts";

type Notes = Partial<ServiceImpl<typeof NotesService>>;

const PROTOCOLS = ["connect", "grpc", "grpc-web"] as const;

const TRANSPORTS = {
  connect: (options: TransportOptions) => createConnectTransport({ ...options, httpVersion: "2" }),
  grpc: (options: TransportOptions) => createGrpcTransport(options),
  "grpc-web": (options: TransportOptions) => createGrpcWebTransport({ ...options, httpVersion: "2" }),
};

interface TransportOptions {
  readonly baseUrl: string;
  readonly interceptors: Interceptor[];
}

function createNotes(protocol: (typeof PROTOCOLS)[number]): Notes {
  return {
    async *watchNotes({ afterSequence }) {
      yield { sequence: afterSequence + 1n };
      yield { sequence: afterSequence + 2n };
    },
    async importNotes(messages) {
      let created = 0;
      for await (const { title } of messages) {
        created += title === protocol ? 1 : 0;
      }
      return { created };
    },
    async *syncNotes(messages) {
      for await (const { noteId } of messages) {
        yield { noteId, sequence: 1n };
      }
    },
  };
}

/** A client whose token the server refuses although the client still thinks well of it. */
async function createRefusedClient(kit: Kit, protocol: (typeof PROTOCOLS)[number]) {
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.server.distrust();
  const transport = TRANSPORTS[protocol]({ baseUrl: kit.baseUrl, interceptors: [session.interceptor] });
  return createClient(NotesService, transport);
}

async function* titles(protocol: string, count: number) {
  for (let index = 0; index < count; index += 1) {
    yield { title: protocol };
  }
}

test.each(PROTOCOLS)("row 29: over %s a refused server stream is opened again unseen", async (protocol) => {
  await using kit = await createKit({ http2: true, notes: createNotes(protocol) });
  const client = await createRefusedClient(kit, protocol);
  const sequences: bigint[] = [];
  for await (const { sequence } of client.watchNotes({ afterSequence: 7n })) {
    sequences.push(sequence);
  }
  expect(sequences).toEqual([8n, 9n]);
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
});

test.each(PROTOCOLS)("row 29: over %s a refused client stream is sent again", async (protocol) => {
  await using kit = await createKit({ http2: true, notes: createNotes(protocol) });
  const client = await createRefusedClient(kit, protocol);
  expect((await client.importNotes(titles(protocol, 5))).created).toBe(5);
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
});

test.each(PROTOCOLS)("row 29: over %s a refused bidi stream is opened again unseen", async (protocol) => {
  await using kit = await createKit({ http2: true, notes: createNotes(protocol) });
  const client = await createRefusedClient(kit, protocol);
  const ids: string[] = [];
  const gate = Promise.withResolvers<void>();
  async function* messages() {
    yield { noteId: "1" };
    yield { noteId: "2" };
    // Goes on only after the first answer: what is sent later must follow what was sent again.
    await gate.promise;
    yield { noteId: "3" };
  }
  for await (const { noteId } of client.syncNotes(messages())) {
    ids.push(noteId);
    gate.resolve();
  }
  expect(ids).toEqual(["1", "2", "3"]);
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
});

test("a stream that expires while it waits for its token is opened once, with the new one", async () => {
  await using kit = await createKit({ http2: true, notes: createNotes("grpc") });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const transport = TRANSPORTS.grpc({ baseUrl: kit.baseUrl, interceptors: [session.interceptor] });
  const client = createClient(NotesService, transport);
  const sequences: bigint[] = [];
  for await (const { sequence } of client.watchNotes({})) {
    sequences.push(sequence);
  }
  expect(sequences).toEqual([1n, 2n]);
  expect(kit.tokensSeen).toEqual(["access-2"]);
});

test("does not open a stream again that has been answered", async () => {
  await using kit = await createKit({
    http2: true,
    notes: {
      async *watchNotes() {
        yield { sequence: 1n };
        throw createRefusal("STREAM_EXPIRED");
      },
    },
  });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const transport = TRANSPORTS.grpc({ baseUrl: kit.baseUrl, interceptors: [session.interceptor] });
  const stream = createClient(NotesService, transport).watchNotes({})[Symbol.asyncIterator]();
  expect((await stream.next()).value).toMatchObject({ sequence: 1n });
  await expect(stream.next()).rejects.toThrow("STREAM_EXPIRED");
  expect(kit.calls()).toBe(1);
});

test.each([
  { name: "17 messages", count: 17, body: "" },
  { name: "more than 64 KiB", count: 3, body: "x".repeat(30_000) },
])("row 31: a client stream that fails after $name is not sent again", async ({ count, body }) => {
  let received = 0;
  await using kit = await createKit({
    http2: true,
    notes: {
      async importNotes(messages) {
        for await (const _ of messages) {
          received += 1;
          if (received === count) {
            break;
          }
        }
        throw createRefusal("TOKEN_EXPIRED");
      },
    },
  });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const transport = TRANSPORTS.grpc({ baseUrl: kit.baseUrl, interceptors: [session.interceptor] });
  async function* messages() {
    for (let index = 0; index < count; index += 1) {
      yield { title: `${index}`, body };
    }
  }
  const error = await createClient(NotesService, transport)
    .importNotes(messages())
    .catch((cause: unknown) => ConnectError.from(cause));
  expect(error).toMatchObject({ code: Code.Unauthenticated });
  await settle();
  expect(received).toBe(count);
  expect(kit.calls()).toBe(1);
});
