import { EventEmitter } from "node:events";
import { beforeEach, expect, test } from "vitest";
import {
  keepNodeRequest,
  type NodeRequest,
  transportOf,
} from "../../../server/gate/src/connect/node-request.ts";
import { cutOffAfterGrace } from "../../../server/gate/src/streams/drain-grace.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";

let clock = createTestClock();
let destroyed = 0;
beforeEach(() => {
  clock = createTestClock();
  destroyed = 0;
});

/** What Node says of a stream of HTTP/2 or a response of HTTP/1.1 that is not over yet. */
class Exchange extends EventEmitter {
  closed = false;
  writableFinished = false;
  destroyed = false;
  close = () => (destroyed += 1);
  finish(): void {
    this.closed = true;
    this.writableFinished = true;
    this.emit("close");
  }
}

const VERSIONS = notEmpty([
  { version: "HTTP/2", request: (exchange: Exchange) => ({ stream: exchange }) },
  { version: "HTTP/1.1", request: () => ({}) },
]);

for (const { version, request } of VERSIONS) {
  const open = () => {
    const exchange = new Exchange();
    const socket = { writableLength: 1, destroy: () => (destroyed += 1) };
    const node: NodeRequest = { headers: { host: "a" }, rawHeaders: [], socket, ...request(exchange) };
    const transport = transportOf(keepNodeRequest(node, exchange)) ?? expect.fail();
    return { exchange, transport };
  };

  test(`a stream over ${version} whose client does not read its end is cut off after five seconds`, () => {
    cutOffAfterGrace(open().transport, clock);
    clock.advance(4_999);
    expect(destroyed).toBe(0);
    clock.advance(1);
    expect(destroyed).toBe(1);
  });

  test(`a stream over ${version} is kept by no timer when it has closed, or had before`, () => {
    const { exchange, transport } = open();
    cutOffAfterGrace(transport, clock);
    expect(clock.scheduledMs).toEqual([5_000]);
    exchange.finish();
    expect([clock.scheduledMs, exchange.listenerCount("close")]).toEqual([[], 0]);
    cutOffAfterGrace(transport, clock);
    expect([clock.scheduledMs, exchange.listenerCount("close")]).toEqual([[], 0]);
    clock.advance(5_000);
    expect(destroyed).toBe(0);
  });
}
