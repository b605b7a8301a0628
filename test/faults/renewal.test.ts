import { randomBytes } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { createRefreshingClient } from "../support/refreshing-client.ts";
import { clientOf, signIn } from "../support/rpc.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster([{}, {}, {}]);
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Open a stream of the demo's user at the first server. */
async function openStream() {
  const client = createRefreshingClient(await signIn(cluster.at(0).baseUrl));
  const { accessToken: token } = client.tokens;
  const notes = clientOf(NotesService, { baseUrl: cluster.at(0).baseUrl, protocol: "grpc", token });
  const { sequence } = await notes.createNote({ title: "first" });
  const streamId = randomBytes(16).toString("base64url");
  const stop = new AbortController();
  let owner = "";
  const options = {
    headers: { "countersign-stream-id": streamId },
    signal: stop.signal,
    onHeader(header: Headers) {
      owner = header.get("countersign-stream-owner") ?? "";
    },
  };
  const events = notes.watchNotes({ afterSequence: sequence - 1n }, options)[Symbol.asyncIterator]();
  await events.next();
  return { client, notes, streamId, owner, events, [Symbol.dispose]: () => stop.abort() };
}

const renewAt = (index: number, token: string, ...streamIds: string[]) =>
  clientOf(StreamService, { baseUrl: cluster.at(index).baseUrl, token }).renew({ streamIds });

const renewOwnedAt = (index: number, token: string, streams: { streamId: string; owner: string }[]) =>
  clientOf(StreamService, { baseUrl: cluster.at(index).baseUrl, token }).renew({ streams });

describe("Renew at a server that does not have the stream", () => {
  test("renews it where it is, and names what no server has", async () => {
    using stream = await openStream();
    const { accessToken } = await stream.client.refresh(cluster.at(1).baseUrl);
    const nobodys = randomBytes(16).toString("base64url");
    for (const index of [0, 1, 2]) {
      // A server answers without the others when they take more than a second.
      const answer = await eventually(async () => {
        const found = await renewAt(index, accessToken, stream.streamId, nobodys, "no stream's name");
        return found.streams.length > 0 ? found : undefined;
      });
      expect(answer.streams.map(({ streamId }) => streamId)).toEqual([stream.streamId]);
      expect(Number(answer.streams[0]?.expiresIn?.seconds)).toBeGreaterThan(500);
      expect(answer.unknownStreamIds.toSorted()).toEqual([nobodys, "no stream's name"].toSorted());
    }
  });

  test("asks the process that the client names, which knows of each stream whether it is open", async () => {
    using stream = await openStream();
    const { owner, streamId } = stream;
    const { accessToken } = stream.client.tokens;
    const gone = { streamId: randomBytes(16).toString("base64url"), owner };
    for (const index of [0, 1, 2]) {
      const answer = await eventually(async () => {
        const found = await renewOwnedAt(index, accessToken, [{ streamId, owner }, gone]);
        return found.streams.length > 0 ? found : undefined;
      });
      expect(answer.streams.map((renewed) => renewed.streamId)).toEqual([streamId]);
      expect(answer.unknownStreamIds).toEqual([gone.streamId]);
    }
  });

  test("refuses somebody else's token, and leaves the stream alone", async () => {
    using stream = await openStream();
    const stranger = await signIn(cluster.at(1).baseUrl);
    const refusal = await eventually(() =>
      renewAt(1, stranger.accessToken, stream.streamId).then(
        // A server answers without the others when they take more than a second; it has renewed nothing then.
        ({ streams }) => (streams.length > 0 ? streams : undefined),
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({
      code: Code.PermissionDenied,
      rawMessage: "the stream runs for another subject, actor, session or client",
    });
    const { sequence } = await stream.notes.createNote({ title: "still there" });
    expect((await stream.events.next()).value?.sequence).toBe(sequence);
  });

  test("goes on with that as soon as the database is back", async () => {
    using stream = await openStream();
    const { accessToken } = stream.client.tokens;
    await cluster.postgres.cutConnections();
    const answer = await eventually(() =>
      renewAt(2, accessToken, stream.streamId).then(
        ({ streams }) => (streams.length > 0 ? streams : undefined),
        () => undefined,
      ),
    );
    expect(answer).toHaveLength(1);
  });
});
