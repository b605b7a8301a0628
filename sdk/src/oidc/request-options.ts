import type * as oauth from "oauth4webapi";
import type { ProviderClock } from "./provider-clock.ts";

/** What the requests of this folder pass on. */
export interface RequestOptions {
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly [oauth.customFetch]: ProviderClock["fetch"];
  readonly signal?: AbortSignal;
}
