import type { ByteBudget } from "@countersign/server/internal";
import type { Arrivals } from "../exchange/arrivals.ts";
import type { WaitingCount } from "../exchange/waiting-bytes.ts";
import type { RequestGate } from "./ask-gates.ts";

/** What serving calls takes. */
export interface CallServing {
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: RequestGate;
  readonly arrivals: Arrivals;
  /** Counts what has come of requests that are not whole. */
  readonly waiting: WaitingCount;
  /** Counts what waits to be sent of answers. */
  readonly unsent: ByteBudget;
  /** Receives what went wrong beside the calls. */
  readonly onError: (error: unknown) => void;
}
