import { AuthError } from "../errors/auth-error.ts";

/** How many logouts a process remembers that has no store: about 50 MB. */
const MAX_LOGOUTS = 100_000;

/** @throws AuthError `AUTH_UNAVAILABLE` when there is no room for another logout: the provider has to send it again */
export function assertRoomForLogouts({ size }: { readonly size: number }): void {
  if (size >= MAX_LOGOUTS) {
    throw new AuthError("AUTH_UNAVAILABLE", "too many logouts are remembered just now");
  }
}
