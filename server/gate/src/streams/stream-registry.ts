import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import type { AuthError } from "../errors/auth-error.ts";

/** 128 random bits in base64url. */
const STREAM_ID = /^[A-Za-z0-9_-]{22}$/;

/** Check whether a text can be the name of a stream. */
export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text);
}

/** An open stream, as long as it runs on a token. */
export interface StreamLease {
  /** The identifier that the client chose; undefined when it chose none. */
  readonly streamId: string | undefined;
  /** The rule of its method. */
  readonly policy: Policy;
  /** Who it runs for: replaced by a renewal. */
  readonly principal: Principal;
  /** How far the clocks of issuer and server may lie apart. */
  readonly toleranceSeconds: number;
  /** End the stream with an error. Later calls do nothing. */
  end(error: AuthError): void;
  /**
   * Go on with a new principal, and with the deadline that follows from it.
   *
   * @returns milliseconds until then; 0 or less: the stream was over, or the principal is, and nothing has changed
   */
  renew(principal: Principal): number;
  /** Hold the rule of its method against what is known by now of its principal: it goes on with that, or ends. */
  judgeAgain(): void;
}

/** All open streams of a server that run on a token. */
export interface StreamRegistry {
  /** Take a stream in. @returns false when another stream of that identifier is open */
  add(lease: StreamLease): boolean;
  /** Let a stream go. @returns false when it was not there */
  remove(lease: StreamLease): boolean;
  /** Find by the identifier that the client chose. */
  find(streamId: string): StreamLease | undefined;
  /** End every stream whose principal matches, for example when a session is revoked. */
  endWhere(matches: (principal: Principal) => boolean, error: AuthError): void;
  /** Find every stream whose principal matches. */
  findWhere(matches: (principal: Principal) => boolean): readonly StreamLease[];
  /** How many are open. */
  readonly size: number;
}

/** Create an empty registry. */
export function createStreamRegistry(): StreamRegistry {
  const leases = new Set<StreamLease>();
  const named = new Map<string, StreamLease>();
  return {
    add(lease) {
      if (lease.streamId !== undefined) {
        if (named.has(lease.streamId)) {
          return false;
        }
        named.set(lease.streamId, lease);
      }
      leases.add(lease);
      return true;
    },
    remove(lease) {
      const wasThere = leases.delete(lease);
      if (wasThere && lease.streamId !== undefined) {
        named.delete(lease.streamId);
      }
      return wasThere;
    },
    find: (streamId) => named.get(streamId),
    endWhere(matches, error) {
      for (const lease of leases) {
        if (matches(lease.principal)) {
          lease.end(error);
        }
      }
    },
    findWhere: (matches) => [...leases].filter(({ principal }) => matches(principal)),
    get size() {
      return leases.size;
    },
  };
}
