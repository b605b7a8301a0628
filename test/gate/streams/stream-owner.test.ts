import { Code } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { findOwnerId, isOwnerId } from "../../../server/gate/src/streams/owner-id.ts";
import type { RenewalCaller, StreamRef } from "../../../server/gate/src/streams/renewal.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { clientOf } from "../../support/rpc.ts";
import { startStreamServer, tokenFor } from "./stream-server.ts";

const LIFE_MS = 600_000;
const STREAM_ID = "s".repeat(22);
const AWAY = "w".repeat(22);

/** Other servers that have no stream, and what they were asked. */
function createOthers() {
  const asked: { readonly streams: readonly StreamRef[]; readonly by: RenewalCaller }[] = [];
  return {
    asked,
    async renew(streams: readonly StreamRef[], by: RenewalCaller) {
      asked.push({ streams, by });
      return { renewed: [], ended: [], unknown: streams.map(({ streamId }) => streamId) };
    },
  };
}

test("the name of a process is 128 random bits, the same whenever it is asked for", () => {
  expect(isOwnerId(findOwnerId())).toBe(true);
  expect(findOwnerId()).toBe(findOwnerId());
});

for (const streamFastPath of notEmpty([true, false])) {
  test(`a stream that can be renewed says who has it, fast path ${streamFastPath}`, async () => {
    await using server = await startStreamServer(
      {
        async *watchNotes() {
          yield {};
        },
      },
      { streamFastPath },
    );
    const owners: (string | null)[] = [];
    const onHeader = (header: Headers): void => void owners.push(header.get("countersign-stream-owner"));
    const client = clientOf(NotesService, { ...server, protocol: "grpc", token: tokenFor(LIFE_MS) });
    for await (const _ of client.watchNotes({}, { onHeader })) {
      // Its header is what counts.
    }
    expect(owners).toEqual([findOwnerId()]);
  });
}

test("other servers are asked with the owners that are known, and with the token of the call", async () => {
  const others = createOthers();
  await using server = await startStreamServer({}, { others });
  const token = tokenFor(LIFE_MS);
  const client = clientOf(StreamService, { ...server, protocol: "connect", token });
  const named = (letter: string): string => letter.repeat(22);
  const answer = await client.renew({
    streamIds: [named("a"), "no stream's name"],
    streams: [
      { streamId: named("b"), owner: AWAY },
      { streamId: named("c"), owner: "no owner's name" },
      { streamId: named("d") },
      { streamId: "nor this", owner: AWAY },
    ],
  });
  expect(others.asked).toEqual([
    {
      streams: [
        { streamId: named("a"), owner: undefined },
        { streamId: named("b"), owner: AWAY },
        { streamId: named("c"), owner: undefined },
        { streamId: named("d"), owner: undefined },
      ],
      by: { principal: expect.objectContaining({ subject: expect.any(String) }), accessToken: token },
    },
  ]);
  expect(answer.unknownStreamIds).toHaveLength(6);
});

test("streams with and without an owner are 1,000 together at the most", async () => {
  await using server = await startStreamServer({});
  const client = clientOf(StreamService, { ...server, protocol: "connect", token: tokenFor(LIFE_MS) });
  const streams = Array.from({ length: 500 }, () => ({ streamId: STREAM_ID, owner: AWAY }));
  const streamIds = Array.from({ length: 500 }, () => STREAM_ID);
  expect((await client.renew({ streams, streamIds })).unknownStreamIds).toEqual([STREAM_ID]);
  await expect(client.renew({ streams, streamIds: [...streamIds, STREAM_ID] })).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
});
