import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, test } from "vitest";
import { clientOf } from "../../support/rpc.ts";
import { startStreamServer, tokenFor } from "./stream-server.ts";

const LIFE_MS = 600_000;

test("createAuth ends the streams of what its revocations say is revoked, and no others", async () => {
  await using server = await startStreamServer({
    async *watchNotes(_, { signal }) {
      yield {};
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  });
  const open = async (sid: string) => {
    const token = tokenFor(LIFE_MS, { sid });
    const events = clientOf(NotesService, { ...server, protocol: "grpc", token }).watchNotes({});
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  };
  const [one, other] = await Promise.all([open("session-1"), open("session-2")]);
  server.revoke("session-1");
  expect(await one.next().then(() => undefined, reasonOf)).toBe("SESSION_REVOKED");
  expect(server.streams.size).toBe(1);
  expect(await open("session-1").then(() => undefined, reasonOf)).toBe("SESSION_REVOKED");
  await other.return?.();
});
