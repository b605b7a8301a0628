/**
 * Why a stream ended, as far as it decides what comes next.
 *
 * - `expired`: its token ran out; open it again at once, with the next token.
 * - `lost`: the network or the server went away; open it again after a pause.
 * - `refused`: the server will not serve it to this account or session; do not ask again.
 */
export type FeedEnd = "expired" | "lost" | "refused";
/**
 * Tell why a stream ended.
 *
 * @param err what was thrown, or undefined when the stream just ended, as a server that stops ends it
 */
export declare function classifyFeedEnd(err: unknown): FeedEnd;
/**
 * Say how long to wait before opening a stream again: doubling from half a second to ten seconds, of which a
 * random half is left out so that clients do not come back all at once.
 *
 * @param failures how many tries in a row have failed, from 1
 * @param random from 0 to 1
 */
export declare function feedPauseMs(failures: number, random: number): number;
//# sourceMappingURL=feed-end.d.ts.map
