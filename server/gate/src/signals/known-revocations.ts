import type { Revocation } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { toHex } from "../kernel/hex.ts";
import type { ChangedClaims } from "../revoked/changed-claims.ts";
import { createRevocationListeners, type RevocationListeners } from "../revoked/revocation-listeners.ts";
import type { RevocableToken, Revoked } from "../revoked/revoked.ts";
import { createRevokedSet } from "../revoked/revoked-set.ts";
import { toRevoked } from "./to-revoked.ts";
import { createHashedView, type TokenView } from "./token-views.ts";

/** What a server knows of what is revoked, from whichever hub it has learned it. */
export interface KnownRevocations {
  /**
   * Take in what a hub says.
   *
   * @param nowMs the time of the hub and of this server, whichever is earlier, in milliseconds since 1970
   * @param subjectKey the key of the hashes of subjects; empty: there are none
   */
  learn(revocations: readonly Revocation[], nowMs: number, subjectKey: Uint8Array): void;
  /** Check whether a token is revoked: by its values, lookups and nothing allocated. */
  covers(token: RevocableToken): boolean;
  /** Find what is changed of a token, in the order in which it is to be applied. @returns undefined: nothing is */
  changesOf(token: RevocableToken): readonly ChangedClaims[] | undefined;
  /** Drop some of those that no valid token can be of any more. @param nowMs as in {@link learn} */
  forget(nowMs: number): void;
  /** Call back for what is learned from now on. @returns what ends the calls */
  readonly onRevoked: RevocationListeners<Revoked>["add"];
}

/** An epoch has one key, and what was hashed with that of an epoch before is in the snapshot of the next. */
const MAX_SUBJECT_KEYS = 4;

/**
 * Create what a server knows: at first, nothing. What is revoked stays so: a snapshot of another history adds to what is
 * known, and what is missing there runs out by itself.
 *
 * @param onError takes what a listener throws
 */
export function createKnownRevocations(onError: (error: unknown) => void): KnownRevocations {
  const set = createRevokedSet();
  const listeners = createRevocationListeners<Revoked>(onError);
  /** Made when there is something to see in them: most servers have none. */
  const views = new Map<string, TokenView>();

  const viewOf = (subjectKey: Uint8Array, keyName: string): TokenView => {
    const view = views.get(keyName) ?? createHashedView(subjectKey);
    views.set(keyName, view);
    dropOldest(views);
    return view;
  };
  const isSeenRevoked = (token: RevocableToken): boolean => {
    for (const view of views.values()) {
      if (view.set.covers(view.seenAs(token))) {
        return true;
      }
    }
    return false;
  };

  const changesOf = (token: RevocableToken): readonly ChangedClaims[] | undefined => {
    const seen = [...views.values()].flatMap((view) => view.set.changesOf(view.seenAs(token)) ?? []);
    const changes = [...(set.changesOf(token) ?? []), ...seen];
    return changes.length === 0 ? undefined : changes;
  };

  return {
    learn(revocations, nowMs, subjectKey) {
      /** By the view in which it is seen; undefined: by the token itself. */
      const news = new Map<TokenView | undefined, Revoked[]>();
      const keyName = toHex(subjectKey);
      for (const revocation of revocations) {
        const { kind, revoked } = toRevoked(revocation, subjectKey.length > 0);
        if (revoked.expiresAtMs <= nowMs) {
          continue;
        }
        const view = kind === "value" ? undefined : viewOf(subjectKey, keyName);
        if ((view?.set ?? set).add(revoked)) {
          const together = news.get(view) ?? [];
          together.push(revoked);
          news.set(view, together);
        }
      }
      for (const [view, together] of news) {
        listeners.notify(together, view?.seenAs);
      }
    },
    covers: (token) => set.covers(token) || (views.size > 0 && isSeenRevoked(token)),
    // Every call asks, and most servers have no views.
    changesOf: (token) => (views.size === 0 ? set.changesOf(token) : changesOf(token)),
    forget(nowMs) {
      set.forget(nowMs);
      for (const view of views.values()) {
        view.set.forget(nowMs);
      }
    },
    onRevoked: (listener) => listeners.add(listener),
  };
}

/** Drop the views by the oldest keys. */
function dropOldest(views: Map<string, TokenView>): void {
  for (const name of views.keys()) {
    if (views.size <= MAX_SUBJECT_KEYS) {
      return;
    }
    views.delete(name);
  }
}
