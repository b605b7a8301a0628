import { Code, createContextValues, type StreamRequest } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { callerKey } from "../../../server/src/connect/principal-context.ts";
import { createStreamLeases } from "../../../server/src/connect/stream-leases.ts";
import { createStreamRegistry } from "../../../server/src/streams/stream-registry.ts";
import type { StreamEnd } from "../../../server/src/streams/stream-watch.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE } from "./fixtures.ts";
import { createRevocationSet } from "./revocation-set.ts";

/** A stream that is opened for a caller, whose signal may have been aborted before. */
function requestOf(signal: AbortSignal): StreamRequest {
  return {
    stream: true,
    method: NotesService.method.watchNotes,
    service: NotesService,
    requestMethod: "POST",
    url: "http://127.0.0.1/countersign.demo.v1.NotesService/WatchNotes",
    header: new Headers(),
    contextValues: createContextValues().set(callerKey, { principal: principal() }),
    message: (async function* () {})(),
    signal,
  };
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
  const leases = createStreamLeases({
    ...{ registry, revocations, clock: createTestClock(nowMs) },
    policies: { get: () => RENEWABLE, entries: [] },
    toleranceSeconds: 0,
    onError: (error) => {
      throw error;
    },
  });
  return { registry, revocations, leases, ends, renewals: () => renewals };
}

const mustNotRun = () => Promise.reject(new Error("the handler must not run"));

test("a stream whose caller left while the gate decided is not opened, and not kept", async () => {
  const { leases, registry, ends } = setUp();
  const open = leases(mustNotRun);
  await expect(open(requestOf(AbortSignal.abort()))).rejects.toMatchObject({ code: Code.Canceled });
  expect([ends, registry.size]).toEqual([[], 0]);
});

test("a stream whose deadline has passed when it is opened is refused before its handler runs", async () => {
  const { leases, registry, ends } = setUp(1_600_050);
  const open = leases(mustNotRun);
  await expect(open(requestOf(new AbortController().signal))).rejects.toMatchObject({
    reason: "STREAM_EXPIRED",
  });
  expect([ends, registry.size]).toEqual([[{ end: "STREAM_EXPIRED", lateMs: 50 }], 0]);
});

test("a stream whose session was revoked while the gate decided is refused before its handler runs", async () => {
  const { leases, registry, revocations, ends } = setUp();
  revocations.add("session-1");
  const open = leases(mustNotRun);
  await expect(open(requestOf(new AbortController().signal))).rejects.toMatchObject({
    reason: "SESSION_REVOKED",
  });
  expect([ends, registry.size]).toEqual([[{ end: "SESSION_REVOKED", lateMs: undefined }], 0]);
});

test("a stream that ends by itself is counted once, and so are its renewals", async () => {
  const { leases, registry, ends, renewals } = setUp();
  const call = new AbortController();
  const never = new Promise<never>(() => {});
  const opening = leases(() => never)({
    ...requestOf(call.signal),
    header: new Headers({ "countersign-stream-id": "a".repeat(22) }),
  });
  const lease = registry.find("a".repeat(22));
  expect(lease?.renew(principal({ expiresAtSeconds: 1_700 }))).toBe(700_000);
  // A token that ran out on its way changes nothing.
  expect(lease?.renew(principal({ expiresAtSeconds: 900 }))).toBeLessThanOrEqual(0);
  expect(lease?.principal.expiresAtSeconds).toBe(1_700);
  call.abort();
  call.abort();
  expect([ends, renewals(), registry.size]).toEqual([[{ end: "CLOSED", lateMs: undefined }], 1, 0]);
  void opening.catch(() => undefined);
});
