import { LRUCache } from "lru-cache";
import type { ProvenToken } from "../authenticate/prove-token.ts";
import { digestToken } from "../authenticate/token-digest.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { RevocationEvent } from "../kernel/audit.ts";
import type { Clock } from "../kernel/clock.ts";
import { createLineLimit } from "../kernel/line-limit.ts";
import type { LogoutReceived } from "../kernel/observe.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import type { LogoutRevocation } from "./logout.ts";
import type { LogoutSink } from "./logout-sink.ts";
import type { EventProver } from "./prove-event.ts";

/** What a message of a provider says. */
export interface ReadEvent {
  /** Claim `jti`: a message of the issuer with the same is the same. */
  readonly tokenId: string;
  /** When it is refused for its age anyway, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly revocations: readonly LogoutRevocation[];
}

/** What {@link createEventTaker} needs. */
export interface EventTakerOptions {
  readonly kind: LogoutReceived["kind"];
  readonly prove: EventProver;
  /** Reads what a message says whose signature is good. @throws AuthError when it is not to be taken */
  readonly read: (proven: ProvenToken) => ReadEvent;
  readonly sink: LogoutSink;
  readonly clock: Clock;
  readonly observer: IsolatedObserver;
  /** Receives why messages are refused: one line a minute for each cause. It must not throw. */
  readonly onWarning: (message: string) => void;
}

/**
 * Takes a message of a provider.
 *
 * @param token the signed message
 * @param peer where it comes from, for limits; empty: not known
 * @throws AuthError why it is refused, or cannot be taken just now
 */
export type EventTaker = (token: string, peer: string) => Promise<"taken" | "repeated">;

/** A provider sends a message again within seconds, if it does: what is known by its digest costs no check of a signature. */
const MAX_RECENT = 1_000;

/** Create what takes the messages of providers: it verifies them, and has the sink refuse what has ended. */
export function createEventTaker(options: EventTakerOptions): EventTaker {
  const { kind, prove, read, sink, clock, observer } = options;
  /** The messages that were taken, by their digests. */
  const recent = new LRUCache<string, { readonly issuer: string; readonly expiresAtMs: number }>({
    max: MAX_RECENT,
  });
  const warn = createRefusalWarning(options);
  const audit = (revocations: readonly LogoutRevocation[]): void => {
    for (const revocation of revocations) {
      observer.audited?.(toAuditEvent(revocation));
    }
  };

  return async (token, peer) => {
    const digest = await digestToken(token);
    const known = recent.get(digest);
    let issuer = known?.issuer;
    const report = (result: LogoutReceived["result"]): void =>
      observer.logoutReceived?.({ kind, issuer, result });
    if (known !== undefined && known.expiresAtMs > clock.nowMs()) {
      report("repeated");
      return "repeated";
    }
    try {
      const proven = await prove(token, peer);
      issuer = proven.issuer.issuer;
      const { tokenId, expiresAtMs, revocations } = read(proven);
      const key = await digestToken(JSON.stringify([issuer, tokenId]));
      const result = await sink.take({ key, expiresAtMs, revocations });
      recent.set(digest, { issuer, expiresAtMs });
      report(result);
      if (result === "taken") {
        audit(revocations);
      }
      return result;
    } catch (error) {
      report(isRefusal(error) ? "refused" : "failed");
      warn(error, issuer);
      throw error;
    }
  };
}

function isRefusal(error: unknown): error is AuthError {
  return error instanceof AuthError && (error.reason === "TOKEN_INVALID" || error.reason === "TOKEN_EXPIRED");
}

/** A provider whose messages are refused does not say so to the operator of this server: the log does. */
function createRefusalWarning({ clock, onWarning }: EventTakerOptions) {
  const limit = createLineLimit(clock);
  return (error: unknown, issuer: string | undefined): void => {
    if (!isRefusal(error)) {
      return;
    }
    const { message, facts } = error;
    const more = limit(`${issuer} ${message}`);
    if (more === undefined) {
      return;
    }
    const sender = issuer === undefined ? "that no provider has signed" : `of issuer ${issuer}`;
    const wanted = facts?.expected === undefined ? "" : `; expected ${facts.expected}`;
    const came = facts?.got === undefined ? "" : `; got ${facts.got}`;
    const others = more === 0 ? "" : ` (and ${more} more like it since the last line)`;
    onWarning(`refused a logout ${sender}: ${message}${wanted}${came}${others}`);
  };
}

function toAuditEvent({ issuer, dimension, value, reason }: LogoutRevocation): RevocationEvent {
  const member = dimension === "sid" ? "sessionId" : "subject";
  return { type: "revoked", [member]: value, externalIssuer: issuer, reason };
}
