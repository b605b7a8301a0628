import { randomBytes } from "node:crypto";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createServerId, type SignalServer, startSignalServer, watch } from "./signal-server.ts";

/** Long enough to stand out, and nowhere else. */
const TOKEN = "the-token-of-a-user".repeat(10);
const [HERE, streamId, otherId] = [createServerId(), createServerId(), createServerId()];
const GOES_ON = { renewed: [{ streamId, expiresIn: { seconds: 60n, nanos: 0 } }] };

const bus = createTestBus();
const stack = new AsyncDisposableStack();
let start: () => Promise<SignalServer>;
let client: Client<typeof SignalService>;
let farClient: Client<typeof SignalService>;
let stranger: Client<typeof SignalService>;
beforeAll(async () => {
  const folder = stack.use(await createTemporaryFolder());
  const [store, secret] = [{ sqlite: databaseIn(folder.path) }, randomBytes(32)];
  // So long that no answer of a test comes too late, and what waits for its time fails.
  const signals = { renewalTimeoutMs: 600_000 };
  start = () => startSignalServer({ store, secret, bus, signals });
  const near = stack.use(await start());
  const far = stack.use(await start());
  [client, farClient] = [await near.connect(), await far.connect()];
  stranger = await far.connect("stranger");
});
afterAll(() => stack.disposeAsync());

/** A server that watches. */
async function join(as: Client<typeof SignalService>, serverId = createServerId()) {
  const watching = watch(as, { serverId });
  await watching.until("alive");
  return Object.assign(watching, { serverId });
}

const forward = (...streams: readonly { streamId: string; owner?: string }[]) =>
  client.forwardRenewal({ serverId: HERE, streams: [...streams], accessToken: TOKEN, audience: "billing" });

it("streams are renewed by a server that watches at another hub, and the token is sealed on the way", async () => {
  await using owner = await join(farClient);
  await using impostor = await join(stranger, owner.serverId);
  const before = bus.published.length;
  const outcome = forward({ streamId, owner: owner.serverId }, { streamId: otherId, owner: owner.serverId });
  const { renewalId, streamIds, accessToken } = await owner.until("renewal");
  expect({ streamIds, accessToken }).toEqual({ streamIds: [streamId, otherId], accessToken: TOKEN });
  // It may come to the hub that has not asked.
  await client.answerRenewal({ serverId: owner.serverId, renewalId, ...GOES_ON, endedStreamIds: [otherId] });
  expect(await outcome).toMatchObject({ ...GOES_ON, endedStreamIds: [otherId], unknownStreamIds: [] });
  const messages = bus.published.slice(before).map(({ message }) => message);
  expect(messages).toHaveLength(3);
  expect(messages.join()).not.toContain(TOKEN.slice(0, 19));
  expect(impostor.kinds).not.toContain("renewal");
});

it("an answer that comes to another hub counts only from the server that was asked, as its own client", async () => {
  await using owner = await join(client);
  const outcome = forward({ streamId, owner: owner.serverId });
  const { renewalId } = await owner.until("renewal");
  await stranger.answerRenewal({ serverId: owner.serverId, renewalId, ...GOES_ON });
  await farClient.answerRenewal({ serverId: HERE, renewalId, ...GOES_ON });
  await farClient.answerRenewal({ serverId: owner.serverId, renewalId, unknownStreamIds: [streamId] });
  expect(await outcome).toMatchObject({ renewed: [], unknownStreamIds: [streamId] });
});

it("an owner that watches at no hub is known at once, also where another hub was killed", async () => {
  const gone = { streamId, owner: createServerId() };
  expect(await forward(gone)).toMatchObject({ unknownStreamIds: [streamId] });
  const killed = await start();
  bus.isDown = true;
  await killed[Symbol.asyncDispose]();
  bus.isDown = false;
  expect(await forward(gone)).toMatchObject({ unknownStreamIds: [streamId] });
});

it("streams without an owner are asked for at the servers of all hubs", async () => {
  await using near = await join(client);
  await using distant = await join(farClient);
  await using foreign = await join(stranger);
  const outcome = forward({ streamId }, { streamId: otherId });
  const [first, second] = [await near.until("renewal"), await distant.until("renewal")];
  const absent = { serverId: near.serverId, absentStreamIds: [streamId, otherId] };
  await client.answerRenewal({ ...absent, renewalId: first.renewalId });
  await farClient.answerRenewal({ serverId: distant.serverId, renewalId: second.renewalId, ...GOES_ON });
  expect(await outcome).toMatchObject({ ...GOES_ON, unknownStreamIds: [otherId] });
  expect(foreign.kinds).not.toContain("renewal");
});

it("a refusal at another hub comes back", async () => {
  await using owner = await join(farClient);
  const outcome = forward({ streamId, owner: owner.serverId });
  const { renewalId } = await owner.until("renewal");
  await farClient.answerRenewal({ serverId: owner.serverId, renewalId, refused: true });
  expect(await outcome).toMatchObject({ renewed: [], refused: true });
});

it("while the bus is down, servers of this hub are asked, and those elsewhere cannot be", async () => {
  await using owner = await join(client);
  const before = bus.published.length;
  const outcome = forward({ streamId, owner: owner.serverId });
  const { renewalId } = await owner.until("renewal");
  await client.answerRenewal({ serverId: owner.serverId, renewalId, ...GOES_ON });
  expect(await outcome).toMatchObject(GOES_ON);
  expect(bus.published).toHaveLength(before);
  bus.isDown = true;
  const failed = await forward({ streamId, owner: createServerId() }).catch((error: unknown) => error);
  bus.isDown = false;
  expect(ConnectError.from(failed).code).toBe(Code.Unavailable);
});

it("a hub that stops is not asked any more, and one that comes is", async () => {
  const late = await start();
  const lateClient = await late.connect();
  const owner = await join(lateClient);
  const outcome = forward({ streamId, owner: owner.serverId });
  const { renewalId } = await owner.until("renewal");
  await lateClient.answerRenewal({ serverId: owner.serverId, renewalId, ...GOES_ON });
  expect(await outcome).toMatchObject(GOES_ON);
  await owner[Symbol.asyncDispose]();
  await late[Symbol.asyncDispose]();
  const lookedUp = bus.lookedUp.length;
  expect(await forward({ streamId, owner: owner.serverId })).toMatchObject({ unknownStreamIds: [streamId] });
  // Only a hub that is slow may be looked up.
  const present = bus.lookedUp.slice(lookedUp).map(async (channel) => bus.hasSubscriber?.(channel));
  expect(await Promise.all(present)).not.toContain(false);
});
