import { constants } from "node:http2";
import { systemClock } from "@countersign/server/internal";
import { type HttpRequest, isHttp2Request } from "../handler.ts";
import { afterReading } from "./after-reading.ts";

/** A request that is still to arrive whole. */
export interface Arriving {
  /** Whether it has, or never will. */
  readonly isComplete: boolean;
  /** Break it off. */
  hangUp(): void;
}

/** The requests that are waited for. */
export interface Arrivals {
  /** Wait for a request, unless it is waited for already. */
  add(request: Arriving): void;
  /** Wait for it no longer. */
  delete(request: Arriving): void;
}

/** Convert a request as Node.js hands it over to one that can be waited for. */
export function toArriving(req: HttpRequest): Arriving {
  return {
    get isComplete() {
      return req.complete;
    },
    hangUp() {
      if (isHttp2Request(req)) {
        req.stream.close(constants.NGHTTP2_CANCEL);
      } else {
        req.socket.destroy();
      }
    },
  };
}

/**
 * Hang up when a request has not arrived whole after `timeoutMs` milliseconds: otherwise a stranger could keep it, and
 * what was received of it, for ever.
 *
 * One timer for all of them: all have the same time, so they come due in the order in which they came.
 */
export function createArrivals(timeoutMs: number): Arrivals {
  const dueMs = new Map<Arriving, number>();
  let isScheduled = false;

  const wait = (ms: number): void => {
    isScheduled = true;
    systemClock.schedule(() => afterReading(sweep), ms);
  };
  const sweep = (): void => {
    isScheduled = false;
    const now = systemClock.monotonicMs();
    for (const [request, due] of dueMs) {
      if (due > now) {
        wait(Math.ceil(due - now));
        return;
      }
      dueMs.delete(request);
      if (!request.isComplete) {
        request.hangUp();
      }
    }
  };
  return {
    add(request) {
      if (dueMs.has(request)) {
        return;
      }
      dueMs.set(request, systemClock.monotonicMs() + timeoutMs);
      if (!isScheduled) {
        wait(timeoutMs);
      }
    },
    delete: (request) => dueMs.delete(request),
  };
}
