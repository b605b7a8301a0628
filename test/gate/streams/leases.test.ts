import { Code, createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import {
  createAnonymousStreams,
  resolveAnonymousStreams,
} from "../../../server/gate/src/connect/anonymous-streams.ts";
import { createCallValues, stateOf } from "../../../server/gate/src/connect/call-state.ts";
import { openStream } from "../../../server/gate/src/connect/route/open-stream.ts";
import { createClockJumps } from "../../../server/gate/src/streams/clock-jumps.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import type { StreamEnd } from "../../../server/gate/src/streams/stream-watch.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE } from "./fixtures.ts";
import { createRevocationSet } from "./revocation-set.ts";

/** A stream that is opened for a caller, whose signal may have been aborted before. */
function contextOf(requestSignal: AbortSignal, requestHeader: HeadersInit = {}): HandlerContext {
  const contextValues = createCallValues();
  const state = stateOf(contextValues);
  if (state !== undefined) state.caller = { principal: principal() };
  return createHandlerContext({
    ...{ service: NotesService, method: NotesService.method.watchNotes, protocolName: "grpc" },
    requestMethod: "POST",
    url: "http://127.0.0.1/countersign.demo.v1.NotesService/WatchNotes",
    ...{ requestHeader, requestSignal, contextValues },
  });
}

/** Leases whose clock stands still at 1,000 s, where the token of {@link requestOf} lasts until 1,600 s. */
function setUp(nowMs = 1_000_000) {
  const ends: { readonly end: StreamEnd; readonly lateMs: number | undefined }[] = [];
  let renewals = 0;
  const registry = createStreamRegistry({
    renewed() {
      renewals += 1;
    },
    ended: (end, lateMs) => ends.push({ end, lateMs }),
  });
  const revocations = createRevocationSet();
  const clock = createTestClock(nowMs);
  const onError = (error: unknown) => {
    throw error;
  };
  const streams = {
    leases: {
      registry,
      revocations,
      clock,
      onError,
      toleranceSeconds: 0,
      clockJumps: createClockJumps(clock),
    },
    anonymous: createAnonymousStreams(resolveAnonymousStreams()),
  };
  const open = (...call: Parameters<typeof contextOf>) =>
    openStream(streams, { ctx: contextOf(...call), policy: RENEWABLE });
  return { registry, revocations, open, ends, renewals: () => renewals };
}

test("a stream whose caller left while the gate decided is not opened, and not kept", () => {
  const { open, registry, ends } = setUp();
  expect(() => open(AbortSignal.abort())).toThrow(expect.objectContaining({ code: Code.Canceled }));
  expect([ends, registry.size]).toEqual([[], 0]);
});

test("a stream whose deadline has passed when it is opened is refused, counted with how late that is, and not kept", () => {
  const { open, registry, ends } = setUp(1_600_050);
  expect(() => open(new AbortController().signal)).toThrow(
    expect.objectContaining({ reason: "STREAM_EXPIRED" }),
  );
  expect([ends, registry.size]).toEqual([[{ end: "STREAM_EXPIRED", lateMs: 50 }], 0]);
});

test("a stream whose session was revoked while the gate decided is refused, counted, and not kept", () => {
  const { open, registry, revocations, ends } = setUp();
  revocations.add("session-1");
  expect(() => open(new AbortController().signal)).toThrow(
    expect.objectContaining({ reason: "SESSION_REVOKED" }),
  );
  expect([ends, registry.size]).toEqual([[{ end: "SESSION_REVOKED", lateMs: undefined }], 0]);
});

test("a stream that ends by itself is counted once, and so are its renewals", () => {
  const { open, registry, ends, renewals } = setUp();
  const call = new AbortController();
  open(call.signal, { "countersign-stream-id": "a".repeat(22) });
  const lease = registry.find("a".repeat(22));
  expect(lease?.renew(principal({ expiresAtSeconds: 1_700 }))).toBe(700_000);
  // A token that ran out on its way changes nothing.
  expect(lease?.renew(principal({ expiresAtSeconds: 900 }))).toBeLessThanOrEqual(0);
  expect(lease?.principal.expiresAtSeconds).toBe(1_700);
  call.abort();
  call.abort();
  expect([ends, renewals(), registry.size]).toEqual([[{ end: "CLOSED", lateMs: undefined }], 1, 0]);
});
