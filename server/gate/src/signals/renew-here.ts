import { AuthError, type AuthReason } from "../errors/auth-error.ts";
import type { RenewalResult } from "../streams/renewal.ts";
import type { SignalledServer } from "./signals.ts";

/** Reasons of a server that cannot verify a token just now: the token may be good. */
const PASSING: ReadonlySet<AuthReason> = new Set<AuthReason>(["AUTH_UNAVAILABLE", "RATE_LIMITED"]);

/** What became of streams at the servers of this process. */
export interface RenewalHere extends RenewalResult {
  /** Whether a stream runs for another party, or no server of this process takes the token. */
  readonly isRefused: boolean;
  /** Whether a server of this process takes the token, or none was asked. */
  readonly isTaken: boolean;
}

/** Renew streams on the servers of this process, each those that the servers before it do not have. */
export async function renewHere(
  servers: Iterable<SignalledServer>,
  streamIds: readonly string[],
  accessToken: string,
): Promise<RenewalHere> {
  let here: RenewalResult = { renewed: [], ended: [], unknown: [], absent: streamIds };
  const refusals: AuthError[] = [];
  let requests = 0;
  for (const server of servers) {
    if (here.absent.length === 0) {
      break;
    }
    requests += 1;
    const one = await renewOn(server, here.absent, accessToken);
    if (one instanceof AuthError) {
      refusals.push(one);
      continue;
    }
    here = {
      renewed: [...here.renewed, ...one.renewed],
      ended: [...here.ended, ...one.ended],
      unknown: [...here.unknown, ...one.unknown],
      absent: one.absent,
    };
  }
  // A server of another audience does not take the token, and the streams are not there.
  const strangers = refusals.filter(({ reason }) => reason !== "POLICY_DENIED").length;
  const isTaken = requests === 0 || strangers < requests;
  return { ...here, isTaken, isRefused: !isTaken || strangers < refusals.length };
}

/** @returns an error when the server does not take the token, or a stream runs for another party */
async function renewOn(
  server: SignalledServer,
  streamIds: readonly string[],
  accessToken: string,
): Promise<RenewalResult | AuthError> {
  try {
    return await server.renew(streamIds, accessToken);
  } catch (error) {
    if (error instanceof AuthError && !isPassingRefusal(error)) {
      return error;
    }
    throw error;
  }
}

/** Check whether a server could not verify a token just now: that says nothing of the token. */
export function isPassingRefusal(error: unknown): boolean {
  return error instanceof AuthError && PASSING.has(error.reason);
}
