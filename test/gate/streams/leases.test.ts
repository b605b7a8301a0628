import { Code, createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import {
  createAnonymousStreams,
  resolveAnonymousStreams,
} from "../../../server/gate/src/connect/anonymous-streams.ts";
import { createCallValues, stateOf } from "../../../server/gate/src/connect/call-state.ts";
import { openStream } from "../../../server/gate/src/connect/route/open-stream.ts";
import { createDeadlines } from "../../../server/gate/src/kernel/deadlines.ts";
import type { Observer, StreamEnded } from "../../../server/gate/src/kernel/observe.ts";
import { createStaleWatch } from "../../../server/gate/src/streams/stale-watch.ts";
import { createStreamDrain } from "../../../server/gate/src/streams/stream-drain.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE } from "./fixtures.ts";
import { createRevocationSet } from "./revocation-set.ts";

/** A stream that is opened for a caller, whose signal may have been aborted before. */
function contextOf(requestSignal: AbortSignal, requestHeader: HeadersInit = {}): HandlerContext {
  const contextValues = createCallValues();
  const state = stateOf(contextValues);
  if (state !== undefined) {
    state.caller = { principal: principal() };
  }
  return createHandlerContext({
    ...{ service: NotesService, method: NotesService.method.watchNotes, protocolName: "grpc" },
    requestMethod: "POST",
    url: "http://127.0.0.1/countersign.demo.v1.NotesService/WatchNotes",
    ...{ requestHeader, requestSignal, contextValues },
  });
}

const method = "countersign.demo.v1.NotesService/WatchNotes";

/** Leases whose clock stands still at 1,000 s, where the token of {@link requestOf} lasts until 1,600 s. */
function setUp(nowMs = 1_000_000) {
  const ends: StreamEnded[] = [];
  const begun: string[] = [];
  const observer: Observer = {
    streamOpened: ({ method }) => void begun.push(`opened ${method}`),
    streamRenewed: ({ expiresInMs }) => void begun.push(`renewed for ${expiresInMs} ms`),
    streamEnded: (end) => void ends.push(end),
  };
  const registry = createStreamRegistry();
  const revocations = createRevocationSet();
  const clock = createTestClock(nowMs);
  const onError = (error: unknown) => {
    throw error;
  };
  const streams = {
    leases: {
      registry,
      revocations,
      findCurrent: (principal: Principal) => principal,
      staleWatch: createStaleWatch({ registry, revocations, clock }),
      clock,
      observer,
      onError,
      toleranceSeconds: 0,
      deadlines: createDeadlines(clock),
    },
    anonymous: createAnonymousStreams(resolveAnonymousStreams()),
    drain: createStreamDrain(clock),
    sentHeadersOf: () => () => {},
  };
  const open = (...call: Parameters<typeof contextOf>) =>
    openStream(streams, { ctx: contextOf(...call), policy: RENEWABLE, isCall: false });
  return { registry, revocations, open, ends, begun };
}

test("a stream whose caller left while the gate decided is not opened, and not kept", () => {
  const { open, registry, ends, begun } = setUp();
  expect(() => open(AbortSignal.abort())).toThrow(expect.objectContaining({ code: Code.Canceled }));
  expect([begun, ends, registry.size]).toEqual([[], [], 0]);
});

test("a stream whose deadline has passed when it is opened is refused, counted with how late that is, and not kept", () => {
  const { open, registry, ends } = setUp(1_600_050);
  expect(() => open(new AbortController().signal)).toThrow(
    expect.objectContaining({ reason: "STREAM_EXPIRED" }),
  );
  expect([ends, registry.size]).toEqual([[{ method, reason: "STREAM_EXPIRED", lateMs: 50 }], 0]);
});

test("a stream whose session was revoked while the gate decided is refused, counted, and not kept", () => {
  const { open, registry, revocations, ends } = setUp();
  revocations.add("session-1");
  expect(() => open(new AbortController().signal)).toThrow(
    expect.objectContaining({ reason: "SESSION_REVOKED" }),
  );
  expect([ends, registry.size]).toEqual([[{ method, reason: "SESSION_REVOKED", lateMs: undefined }], 0]);
});

test("a stream that ends by itself is counted once, and so are its renewals", () => {
  const { open, registry, ends, begun } = setUp();
  const call = new AbortController();
  open(call.signal, { "countersign-stream-id": "a".repeat(22) });
  const lease = registry.find("a".repeat(22));
  expect(lease?.renew(principal({ expiresAtSeconds: 1_700 }))).toBe(700_000);
  // A token that ran out on its way changes nothing.
  expect(lease?.renew(principal({ expiresAtSeconds: 900 }))).toBeLessThanOrEqual(0);
  expect(lease?.principal.expiresAtSeconds).toBe(1_700);
  call.abort();
  call.abort();
  expect(begun).toEqual([`opened ${method}`, "renewed for 700000 ms"]);
  expect([ends, registry.size]).toEqual([[{ method, reason: "CLOSED", lateMs: undefined }], 0]);
});
