import type * as oauth from "oauth4webapi";
import type { ProviderClock } from "./provider-clock.ts";

/** What the requests of this folder pass on. */
export interface RequestOptions {
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly [oauth.customFetch]: ProviderClock["fetch"];
  readonly signal?: AbortSignal;
  /** Proves the request with a key, which the tokens of its answer are then bound to (RFC 9449). */
  readonly DPoP?: oauth.DPoPHandle;
}
