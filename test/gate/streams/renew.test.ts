import { randomBytes } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { describe, expect, test, vi } from "vitest";
import { onPrincipalChange, principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { RenewalAsked } from "../../../server/gate/src/kernel/observe.ts";
import { holdTime } from "../../support/fake-time.ts";
import { clientOf } from "../../support/rpc.ts";
import { type StreamServer, startStreamServer, tokenFor } from "./stream-server.ts";

holdTime();

const LIFE_MS = 60_000;

/** Open a stream that says which token it runs on, at first and after every renewal. */
async function openWatch(server: StreamServer, token = tokenFor(LIFE_MS, { jti: "first" })) {
  const streamId = randomBytes(16).toString("base64url");
  const client = clientOf(NotesService, { ...server, protocol: "grpc", token });
  const headers = { "countersign-stream-id": streamId };
  const { promise: header, resolve } = Promise.withResolvers<Headers>();
  const events = client.watchNotes({}, { headers, onHeader: resolve })[Symbol.asyncIterator]();
  const first = await events.next();
  return { streamId, events, first: first.value?.note?.title, header: await header };
}

/** @param onChange is told which token a stream began on, whenever it goes on with another */
function startServer(
  onChange: (first: string | undefined) => void = () => {},
  options: Parameters<typeof startStreamServer>[1] = {},
): Promise<StreamServer> {
  const notes: Parameters<typeof startStreamServer>[0] = {
    async *watchNotes(_, ctx) {
      let wake: () => void = () => {};
      const { tokenId } = principalOf(ctx);
      onPrincipalChange(ctx, () => {
        onChange(tokenId);
        wake();
      });
      while (!ctx.signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        yield { note: { title: principalOf(ctx).tokenId ?? "" } };
        await changed;
      }
    },
  };
  return startStreamServer(notes, options);
}

/** Renew streams with a token. */
function renew(server: StreamServer, token: string, streamIds: readonly string[]) {
  return clientOf(StreamService, { ...server, protocol: "connect", token }).renew({
    streamIds: [...streamIds],
  });
}

describe("StreamService.Renew", () => {
  test("carries a stream over the expiry of its token, and shows the handler the new principal", async () => {
    await using server = await startServer();
    const { streamId, events, first } = await openWatch(server);
    const token = tokenFor(2 * LIFE_MS, { jti: "second" });
    const { streams, unknownStreamIds } = await renew(server, token, [streamId, "unknown"]);
    expect(first).toBe("first");
    expect(streams.map((stream) => stream.streamId)).toEqual([streamId]);
    expect(unknownStreamIds).toEqual(["unknown"]);
    expect((await events.next()).value?.note?.title).toBe("second");
    const ending = expect(events.next()).rejects.toThrowError(/expired/);
    vi.advanceTimersByTime(2 * LIFE_MS - 10);
    expect(server.streams.size).toBe(1);
    vi.advanceTimersByTime(20);
    await ending;
  });

  test("an observer learns what became of the streams that were named", async () => {
    const asked: RenewalAsked[] = [];
    await using server = await startServer(undefined, {
      observe: { renewalAsked: (renewal) => void asked.push(renewal) },
    });
    const { streamId } = await openWatch(server);
    await renew(server, tokenFor(2 * LIFE_MS), [streamId, "one", "two"]);
    await renew(server, tokenFor(LIFE_MS, { sub: "usr_eve" }), [streamId]).catch(() => undefined);
    expect(asked).toEqual([
      { result: "here", count: 1 },
      { result: "unknown", count: 2 },
      { result: "failed", count: 1 },
    ]);
  });

  test("answers to the opening with the seconds that the stream may last", async () => {
    await using server = await startServer();
    const { header } = await openWatch(server, tokenFor(90_500));
    const expiresIn = Number(header.get("countersign-expires-in"));
    // Whole seconds, never more than are left.
    expect(expiresIn).toBe(90);
  });

  const strangers = {
    "another user": { sub: "usr_eve" },
    "another session": { sid: "session-2" },
    "another client": { client_id: "other" },
  };
  for (const [whose, claims] of Object.entries(strangers)) {
    test(`refuses the token of ${whose}, and leaves the stream as it was`, async () => {
      await using server = await startServer();
      const { streamId, events } = await openWatch(server);
      const refusal = await renew(server, tokenFor(9000, claims), [streamId]).catch((error: unknown) =>
        ConnectError.from(error),
      );
      expect(refusal).toMatchObject({ code: Code.PermissionDenied });
      expect(reasonOf(refusal)).toBe("POLICY_DENIED");
      const ending = events.next().catch((error: unknown) => reasonOf(error));
      vi.advanceTimersByTime(LIFE_MS - 10);
      expect(server.streams.size).toBe(1);
      vi.advanceTimersByTime(20);
      expect(await ending).toBe("STREAM_EXPIRED");
    });
  }

  test("ends a stream whose method the new token may not call", async () => {
    await using server = await startServer();
    const { streamId, events } = await openWatch(server, tokenFor(9000));
    const ending = expect(events.next().catch((error: unknown) => reasonOf(error))).resolves.toBe(
      "INSUFFICIENT_SCOPE",
    );
    const { streams, unknownStreamIds } = await renew(server, tokenFor(9000, { scope: "" }), [streamId]);
    expect({ streams, unknownStreamIds }).toEqual({ streams: [], unknownStreamIds: [] });
    await ending;
  });

  const thrown = {
    "an error of its own, which is reported": {
      error: new Error("not with this one"),
      reason: "POLICY_DENIED",
      reports: 1,
    },
    "a reason of ours, which the client is told": {
      error: new AuthError("REAUTH_REQUIRED", "sign in again"),
      reason: "REAUTH_REQUIRED",
      reports: 0,
    },
  };
  for (const [what, { error, reason, reports }] of Object.entries(thrown)) {
    test(`ends only the stream whose handler throws at the new principal: ${what}`, async () => {
      const reported: unknown[] = [];
      const onChange = (first: string | undefined): void => {
        if (first === "fussy") {
          throw error;
        }
      };
      await using server = await startServer(onChange, { onError: (found) => reported.push(found) });
      const fussy = await openWatch(server, tokenFor(9000, { jti: "fussy" }));
      const other = await openWatch(server);
      const ending = fussy.events.next().catch((ended: unknown) => reasonOf(ended));
      const token = tokenFor(9000, { jti: "second" });
      const { streams, unknownStreamIds } = await renew(server, token, [fussy.streamId, other.streamId]);
      expect(streams.map(({ streamId }) => streamId)).toEqual([other.streamId]);
      expect(unknownStreamIds).toEqual([fussy.streamId]);
      expect((await other.events.next()).value?.note?.title).toBe("second");
      await expect(ending).resolves.toBe(reason);
      expect(reported).toEqual(Array(reports).fill(error));
    });
  }

  test("ends only the stream whose handler throws, also when onError throws", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const onChange = (first: string | undefined): void => {
      if (first === "fussy") {
        throw new Error("not with this one");
      }
    };
    await using server = await startServer(onChange, {
      onError() {
        throw new Error("the log is full");
      },
    });
    const fussy = await openWatch(server, tokenFor(9000, { jti: "fussy" }));
    const other = await openWatch(server);
    const ending = fussy.events.next().catch((ended: unknown) => reasonOf(ended));
    const token = tokenFor(9000, { jti: "second" });
    const { streams, unknownStreamIds } = await renew(server, token, [fussy.streamId, other.streamId]);
    expect(streams.map(({ streamId }) => streamId)).toEqual([other.streamId]);
    expect(unknownStreamIds).toEqual([fussy.streamId]);
    await expect(ending).resolves.toBe("POLICY_DENIED");
    expect(print).toHaveBeenCalledOnce();
    print.mockRestore();
  });

  test("comes too late after the deadline: the stream is unknown then", async () => {
    await using server = await startServer();
    const { streamId, events } = await openWatch(server);
    const ending = events.next().catch(() => {});
    vi.advanceTimersByTime(LIFE_MS + 10);
    await ending;
    const { streams, unknownStreamIds } = await renew(server, tokenFor(9000), [streamId]);
    expect({ streams, unknownStreamIds }).toEqual({ streams: [], unknownStreamIds: [streamId] });
  });

  test("needs the names of 1 to 1,000 streams", async () => {
    await using server = await startServer();
    for (const ids of [[], Array.from({ length: 1001 }, String)]) {
      await expect(renew(server, tokenFor(9000), ids)).rejects.toMatchObject({ code: Code.InvalidArgument });
    }
  });
});

describe("a stream's name", () => {
  test("must be 128 bits in base64url, and must not be taken", async () => {
    await using server = await startServer();
    const client = clientOf(NotesService, { ...server, protocol: "grpc", token: tokenFor(9000) });
    const { streamId } = await openWatch(server, tokenFor(9000));
    for (const [name, code] of [
      ["short", Code.InvalidArgument],
      [streamId, Code.AlreadyExists],
    ] as const) {
      const second = client.watchNotes({}, { headers: { "countersign-stream-id": name } });
      await expect(second[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code });
    }
    expect(server.streams.size).toBe(1);
  });
});
