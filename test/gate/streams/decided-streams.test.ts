import { randomBytes } from "node:crypto";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { describe, expect, test } from "vitest";
import type { Decide } from "../../../server/gate/src/connect/decide.ts";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { holdTime } from "../../support/fake-time.ts";
import { clientOf } from "../../support/rpc.ts";
import { startStreamServer, tokenFor } from "./stream-server.ts";

holdTime();

const LIFE_MS = 60_000;

/** Open a stream on a first token, and renew it with a second. */
async function renewOn(decide: Decide) {
  const asked: string[] = [];
  const stack = new AsyncDisposableStack();
  const server = stack.use(
    await startStreamServer(
      {
        async *watchNotes(_, ctx) {
          yield { note: { title: principalOf(ctx).tokenId ?? "" } };
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        },
      },
      {
        onError: () => {},
        decide: (request) => {
          asked.push(`${request.method.name} ${request.principal?.tokenId}`);
          return decide(request);
        },
      },
    ),
  );
  const streamId = randomBytes(16).toString("base64url");
  const first = clientOf(NotesService, {
    ...server,
    protocol: "grpc",
    token: tokenFor(LIFE_MS, { jti: "first" }),
  });
  const headers = { "countersign-stream-id": streamId };
  const events = first.watchNotes({}, { headers })[Symbol.asyncIterator]();
  await events.next();
  const second = clientOf(StreamService, {
    ...server,
    protocol: "connect",
    token: tokenFor(2 * LIFE_MS, { jti: "second" }),
  });
  const renewal = await second.renew({ streamIds: [streamId] });
  return { renewal, events, asked, server, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a stream that is renewed where the application decides on messages", () => {
  test("goes on when its newest message is allowed for the new principal, and the renewal itself is not asked about", async () => {
    await using stream = await renewOn(async () => true);
    expect(stream.renewal.streams).toHaveLength(1);
    expect(stream.asked).toEqual(["WatchNotes first", "WatchNotes second"]);
    expect(stream.server.streams.size).toBe(1);
  });

  test.each(["at once", "later"])("ends when it is not, as is said %s", async (when) => {
    await using stream = await renewOn(({ principal }) => {
      const isAllowed = principal?.tokenId === "first";
      return when === "later" ? Promise.resolve(isAllowed) : isAllowed;
    });
    const error = await stream.events.next().catch((thrown: unknown) => thrown);
    expect(reasonOf(error)).toBe("POLICY_DENIED");
    expect(stream.server.streams.size).toBe(0);
  });

  test("ends as unavailable when that cannot be decided", async () => {
    await using stream = await renewOn(async ({ principal }) => {
      if (principal?.tokenId !== "first") {
        throw new Error("down");
      }
      return true;
    });
    const error = await stream.events.next().catch((thrown: unknown) => thrown);
    expect(reasonOf(error)).toBe("AUTH_UNAVAILABLE");
  });
});
