import { once } from "node:events";
import { connect } from "node:http2";
import { arrayBuffer } from "node:stream/consumers";
import { create, toBinary } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { type SignalService, WatchRequestSchema } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { createServerId, type SignalServer, startSignalServer, textOf, watch } from "./signal-server.ts";

/** In two messages, of which one is more than lies between a server and a client that does not read. */
const REVOCATIONS = 1_000;
const VALUE = "v".repeat(600);

const served: string[] = [];
let server: SignalServer;
let client: Client<typeof SignalService>;
beforeAll(async () => {
  const observe = { feedServed: ({ kind }: { readonly kind: string }) => void served.push(kind) };
  server = await startSignalServer({
    observe,
    signals: { maxWatchers: 2, maxSnapshots: 1, maxHistory: REVOCATIONS },
  });
  client = await server.connect();
});
afterAll(() => server?.[Symbol.asyncDispose]());

const codeOf = (error: unknown) => ConnectError.from(error).code;

const countServed = (kind: string) => served.filter((one) => one === kind).length;

/** Count the large ones. */
const countOf = (values: readonly string[]) => values.filter((value) => value.startsWith(VALUE)).length;

it("what cannot be written yet is sent at once, without a place in the history, and again when it is written", async () => {
  const { store, revocations } = server.issuer;
  await using watching = watch(client);
  await watching.until("alive");
  const before = watching.cursor;
  await sql`pragma query_only = 1`.execute(store.db);
  await expect(revocations.revoke({ sid: "unwritten" })).rejects.toThrow("could not be written down yet");
  const unwritten = await watching.until("revocations");
  expect([unwritten.cursor, unwritten.revocations.map(textOf)]).toEqual([0n, ["unwritten"]]);
  await watching.until("alive");
  expect(watching.cursor).toBe(before);
  {
    // One that comes behind the cursor meanwhile gets it too, and so does one that gets everything.
    await using another = watch(client, { after: before, epoch: "" });
    expect(await another.values()).toContain("unwritten");
  }
  await sql`pragma query_only = 0`.execute(store.db);
  const written = await watching.until("revocations");
  expect(written.revocations.map(textOf)).toEqual(["unwritten"]);
  expect(written.cursor).toBeGreaterThan(before);
});

/** Watch, and read nothing until it is asked for. */
function stall(token: string) {
  const session = connect(server.baseUrl);
  const stream = session.request({
    ":method": "POST",
    ":path": "/countersign.auth.v1.SignalService/Watch",
    "content-type": "application/connect+proto",
    authorization: `Bearer ${token}`,
  });
  const order = { serverId: createServerId(), audience: "billing" };
  stream.end(toFrame(toBinary(WatchRequestSchema, create(WatchRequestSchema, order))));
  return {
    opened: once(stream, "response"),
    /** Read to the end. @returns how it ended, as JSON */
    async readToEnd(): Promise<string> {
      const bytes = Buffer.from(await arrayBuffer(stream));
      return bytes.subarray(bytes.lastIndexOf('{"error"')).toString();
    },
    /** Read from now on. */
    read: () => void stream.resume(),
    [Symbol.dispose]: () => session.destroy(),
  };
}

async function revokeMany(name: string): Promise<void> {
  const terms = {
    dimension: "sub",
    beforeMs: undefined,
    revokedAtMs: Date.now(),
    reason: "revoked",
  } as const;
  const values = Array.from({ length: REVOCATIONS }, (_, number) => `${VALUE}${name}${number}`);
  await insertRevocations(
    server.issuer.store,
    values.map((value) => ({ ...terms, value })),
  );
}

function toFrame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

it("a watcher that does not read is dropped, and is sent everything when it comes back", async () => {
  const token = await server.signIn();
  let known: { readonly epoch: string; readonly after: bigint };
  {
    await using quick = watch(client);
    const { epoch } = await quick.until("begin");
    await quick.until("alive");
    known = { epoch, after: quick.cursor };
  }
  using slow = stall(token);
  await slow.opened;
  await using quick = watch(client, known);
  for (const round of ["a", "b"]) {
    await revokeMany(round);
    let count = 0;
    while (count < REVOCATIONS) {
      count += countOf(await quick.values());
    }
  }
  expect(await slow.readToEnd()).toContain('"resource_exhausted"');
  expect(served).toContain("watch_dropped");
  await using back = watch(client, known);
  expect(await back.until("begin")).toMatchObject({ epoch: known.epoch, isSnapshot: true });
  expect(countOf(await back.values())).toBe(2 * REVOCATIONS);
});

it("one that does not read keeps its place among those that are sent everything, and leaves it when it has all", async () => {
  const token = await server.signIn();
  using slow = stall(token);
  await slow.opened;
  await using next = watch(client);
  await next.until("begin");
  for (let seconds = 0; seconds < 2; seconds += 1) {
    expect(await next.until("revocations")).toMatchObject({ cursor: 0n, revocations: [] });
  }
  slow.read();
  expect(countOf(await next.values())).toBe(2 * REVOCATIONS);
});

it("there are so many watchers, and one that leaves makes room", async () => {
  await expect.poll(() => countServed("watch") - countServed("watch_end")).toBe(0);
  await using first = watch(client);
  {
    await using second = watch(client);
    await using third = watch(client);
    await Promise.all([first.values(), second.values()]);
    expect(await third.until("begin").catch(codeOf)).toBe(Code.ResourceExhausted);
  }
  await expect.poll(() => countServed("watch") - countServed("watch_end")).toBe(1);
  await using fourth = watch(client);
  expect(countOf(await fourth.values())).toBe(2 * REVOCATIONS);
});
