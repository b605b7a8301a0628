import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type {
  AnswerRenewalRequestSchema,
  SignalService,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import {
  createServerId,
  type SignalServer,
  startSignalServer,
  type Watching,
  watch,
} from "./signal-server.ts";

let server: SignalServer;
let client: Client<typeof SignalService>;
let stranger: Client<typeof SignalService>;
beforeAll(async () => {
  // So long that no answer of a test comes too late.
  server = await startSignalServer({ signals: { renewalTimeoutMs: 600_000, maxWaitingRenewals: 2 } });
  [client, stranger] = [await server.connect(), await server.connect("stranger")];
});
afterAll(() => server?.[Symbol.asyncDispose]());

const HERE = createServerId();
const [streamId, otherId] = [createServerId(), createServerId()];

/** A server of the client that watches. */
async function join(as = client, audience = "billing", serverId = createServerId()) {
  const watching = watch(as, { serverId, audience });
  await watching.until("alive");
  return Object.assign(watching, { serverId });
}

const forward = (streams: readonly { streamId: string; owner?: string }[], audience = "billing") =>
  client.forwardRenewal({ serverId: HERE, streams: [...streams], accessToken: "token", audience });

/** Answer the next renewal. */
async function answer(
  owner: Watching & { readonly serverId: string },
  answers: MessageInitShape<typeof AnswerRenewalRequestSchema>,
  as = client,
) {
  const { renewalId, streamIds, accessToken } = await owner.until("renewal");
  await as.answerRenewal({ serverId: owner.serverId, renewalId, ...answers });
  return { streamIds, accessToken, renewalId };
}

const GOES_ON = { renewed: [{ streamId, expiresIn: { seconds: 60n, nanos: 0 } }] };

it("streams are renewed by the server that has them, which gets the token", async () => {
  await using owner = await join();
  const outcome = forward([
    { streamId, owner: owner.serverId },
    { streamId: otherId, owner: owner.serverId },
  ]);
  const asked = await answer(owner, { ...GOES_ON, endedStreamIds: [otherId, "not asked for"] });
  expect(asked).toMatchObject({ streamIds: [streamId, otherId], accessToken: "token" });
  expect(await outcome).toMatchObject({ ...GOES_ON, endedStreamIds: [otherId], unknownStreamIds: [] });
});

it("a server that is gone, or of another audience or client, is not asked: its streams are unknown at once", async () => {
  await using elsewhere = await join(client, "other");
  await using foreign = await join(stranger);
  const owners = [createServerId(), HERE, elsewhere.serverId, foreign.serverId];
  const streams = owners.map((owner) => ({ streamId: createServerId(), owner }));
  expect((await forward(streams)).unknownStreamIds).toEqual(streams.map((stream) => stream.streamId));
  expect([...elsewhere.kinds, ...foreign.kinds]).not.toContain("renewal");
});

it("another client's server takes nothing by the name of a server, which is public", async () => {
  await using owner = await join();
  await using impostor = await join(stranger, "billing", owner.serverId);
  const outcome = forward([{ streamId, owner: owner.serverId }]);
  await answer(owner, GOES_ON);
  expect(await outcome).toMatchObject(GOES_ON);
  expect(impostor.kinds).not.toContain("renewal");
});

it("streams without an owner are asked for at every server of the client and audience, once", async () => {
  await using first = await join();
  await using second = await join();
  await using foreign = await join(stranger);
  const outcome = forward([{ streamId }, { streamId: otherId, owner: "no name" }]);
  await answer(first, { absentStreamIds: [streamId, otherId] });
  await answer(second, GOES_ON);
  expect(await outcome).toMatchObject({ ...GOES_ON, unknownStreamIds: [otherId], refused: false });
  expect(foreign.kinds).not.toContain("renewal");
});

it("a refusal counts unless another server has the stream, and one that leaves is not waited for", async () => {
  await using first = await join();
  const outcome = forward([{ streamId }]);
  await answer(first, { refused: true });
  expect(await outcome).toMatchObject({ renewed: [], unknownStreamIds: [streamId], refused: true });
  const again = forward([{ streamId }]);
  await first.until("renewal");
  await first[Symbol.asyncDispose]();
  expect(await again).toMatchObject({ unknownStreamIds: [streamId], refused: false });
});

it("an answer counts only from the server that was asked, as its own client", async () => {
  await using owner = await join();
  const outcome = forward([{ streamId, owner: owner.serverId }]);
  const { renewalId } = await answer(owner, GOES_ON, stranger);
  await client.answerRenewal({ serverId: HERE, renewalId, ...GOES_ON });
  await client.answerRenewal({ serverId: owner.serverId, renewalId, unknownStreamIds: [streamId] });
  expect(await outcome).toMatchObject({ renewed: [], unknownStreamIds: [streamId] });
});

it("many streams of one server are asked for in parts", async () => {
  await using owner = await join();
  const streams = Array.from({ length: 101 }, () => ({ streamId: createServerId(), owner: owner.serverId }));
  const outcome = forward(streams);
  const first = await answer(owner, { unknownStreamIds: [streams[0]?.streamId ?? ""] });
  const second = await answer(owner, GOES_ON);
  expect([...first.streamIds, ...second.streamIds]).toEqual(streams.map((stream) => stream.streamId));
  expect((await outcome).unknownStreamIds).toHaveLength(101);
});

it("so many renewals of a client wait at a time", async () => {
  await using owner = await join();
  const streams = [{ streamId, owner: owner.serverId }];
  const waiting = [forward(streams), forward(streams)];
  const [first, second] = [await owner.until("renewal"), await owner.until("renewal")];
  const third = forward(streams).catch((error: unknown) => ConnectError.from(error).code);
  expect(await third).toBe(Code.ResourceExhausted);
  for (const { renewalId } of [first, second]) {
    await client.answerRenewal({ serverId: owner.serverId, renewalId, ...GOES_ON });
  }
  expect(await Promise.all(waiting)).toMatchObject([GOES_ON, GOES_ON]);
});

test.each(
  notEmpty([
    { wrong: "no streams", request: { streams: [] } },
    { wrong: "a stream without a name", request: { streams: [{ streamId: "x" }] } },
    { wrong: "no token", request: { accessToken: "" } },
    { wrong: "a token that is too long", request: { accessToken: "x".repeat(8_193) } },
    { wrong: "no audience", request: { audience: "" } },
    { wrong: "a server without a name", request: { serverId: "" } },
  ]),
)("a renewal with $wrong is refused", async ({ request }) => {
  const good = { serverId: HERE, streams: [{ streamId }], accessToken: "token", audience: "billing" };
  const refused = client.forwardRenewal({ ...good, ...request }).catch((error: unknown) => error);
  expect(ConnectError.from(await refused).code).toBe(Code.InvalidArgument);
});
