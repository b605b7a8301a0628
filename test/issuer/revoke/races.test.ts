import { randomBytes } from "node:crypto";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, test } from "vitest";
import { startStreamServer, tokenFor } from "../../gate/streams/stream-server.ts";
import { clientOf } from "../../support/rpc.ts";

test("a token that was revoked between the gate and the renewal carries no stream on", async () => {
  await using server = await startStreamServer({
    async *watchNotes(_, ctx) {
      yield {};
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    },
  });
  const streamId = randomBytes(16).toString("base64url");
  const notes = clientOf(NotesService, { ...server, protocol: "grpc", token: tokenFor(9_000) });
  const events = notes
    .watchNotes({}, { headers: { "countersign-stream-id": streamId } })
    [Symbol.asyncIterator]();
  await events.next();
  const lease = server.streams.find(streamId);
  if (lease === undefined) {
    throw new Error("the stream is not open");
  }
  const ended = events.next().catch(reasonOf);
  expect(lease.renew(lease.principal)).toBeGreaterThan(0);
  // The gate has let the renewal in. The revocation looks for streams that it is about, and this is none of them yet.
  server.revoke("session-1");
  expect(lease.renew(lease.principal)).toBe(0);
  expect(await ended).toBe("SESSION_REVOKED");
});
