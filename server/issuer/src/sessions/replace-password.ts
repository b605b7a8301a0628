import { type HashReplacer, replaceHash } from "../store/password-replacement.ts";
import { type EndContext, recordEnds } from "./end-sessions.ts";

/**
 * Create what replaces the passwords of accounts, and ends sessions with them. A failure changes nothing, so that the
 * same call can be repeated: a password that is new while the sessions of before go on would leave no way to end them so.
 */
export function createHashReplacer({ store, clock, audit, revocations }: EndContext): HashReplacer {
  const reason = "password_changed";
  return async (replacement) => {
    const ended = await replaceHash(store, replacement, { reason, nowMs: clock.nowMs() });
    if (ended === undefined) {
      return undefined;
    }
    revocations.learn(ended.revocations);
    return recordEnds({ audit }, reason, ended.sessions);
  };
}
