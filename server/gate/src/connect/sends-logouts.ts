import type { IssuerOptions } from "./issuer-options.ts";

/** Check whether an issuer says what has ended: then something must receive it. */
export function sendsLogouts({ logout, sharedSignals }: IssuerOptions): boolean {
  return logout !== undefined || sharedSignals !== undefined;
}
