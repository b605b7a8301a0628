import { Code, createContextValues, type StreamRequest } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { callerKey } from "../../../server/src/connect/principal-context.ts";
import { createStreamLeases } from "../../../server/src/connect/stream-leases.ts";
import { createStreamRegistry } from "../../../server/src/streams/stream-registry.ts";
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

test("a stream whose caller left while the gate decided is not opened, and not kept", async () => {
  const registry = createStreamRegistry();
  const leases = createStreamLeases({
    registry,
    policies: { get: () => RENEWABLE, entries: [] },
    revocations: createRevocationSet(),
    clock: createTestClock(1_000_000),
    toleranceSeconds: 0,
  });
  let opened = 0;
  const open = leases(() => {
    opened += 1;
    return Promise.reject(new Error("the handler must not run"));
  });
  await expect(open(requestOf(AbortSignal.abort()))).rejects.toMatchObject({ code: Code.Canceled });
  expect([opened, registry.size]).toEqual([0, 0]);
});
