import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "../model/failure.ts";

/**
 * Why a stream ended, as far as it decides what comes next.
 *
 * - `expired`: its token ran out; open it again at once, with the next token.
 * - `lost`: the network or the server went away; open it again after a pause.
 * - `refused`: the server will not serve it to this account or session; do not ask again.
 */
export type FeedEnd = "expired" | "lost" | "refused";

const EXPIRED_REASONS: ReadonlySet<string | undefined> = new Set(["STREAM_EXPIRED", "TOKEN_EXPIRED"]);
const REFUSED_CODES: ReadonlySet<Code> = new Set([
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.InvalidArgument,
  Code.Unimplemented,
]);

/**
 * Tell why a stream ended.
 *
 * @param err what was thrown, or undefined when the stream just ended, as a server that stops ends it
 */
export function classifyFeedEnd(err: unknown): FeedEnd {
  if (err === undefined) return "lost";
  if (EXPIRED_REASONS.has(reasonOf(err))) return "expired";
  return REFUSED_CODES.has(ConnectError.from(err).code) ? "refused" : "lost";
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Say how long to wait before opening a stream again: doubling from half a second to ten seconds, of which a
 * random half is left out so that clients do not come back all at once.
 *
 * @param failures how many tries in a row have failed, from 1
 * @param random from 0 to 1
 */
export function feedPauseMs(failures: number, random: number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return full * (1 - random / 2);
}
