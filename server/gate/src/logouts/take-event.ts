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
  /** The access tokens that are refused from now on. None: it is about none, and has no effect. */
  readonly revocations: readonly LogoutRevocation[];
  /** What kind of event it is, as a word for logs and figures; undefined: its protocol has one kind. */
  readonly event?: string | undefined;
  /** What an operator should know of it; undefined: nothing. */
  readonly note?: string | undefined;
}

/** What {@link createEventTaker} needs. */
export interface EventTakerOptions {
  readonly kind: LogoutReceived["kind"];
  readonly prove: EventProver;
  /** Reads what a message says whose signature is good. @throws AuthError when it is not to be taken */
  readonly read: (proven: ProvenToken) => ReadEvent | Promise<ReadEvent>;
  readonly sink: LogoutSink;
  readonly clock: Clock;
  readonly observer: IsolatedObserver;
  /** Receives why messages are refused, and what they have for operators: one line a minute for each. It must not throw. */
  readonly onWarning: (message: string) => void;
}

/**
 * Takes a message of a provider.
 *
 * @param token the signed message
 * @param peer where it comes from, for limits; empty: not known
 * @throws AuthError why it is refused, or cannot be taken just now
 */
export type EventTaker = (token: string, peer: string) => Promise<"ignored" | "repeated" | "taken">;

/** A provider sends a message again within seconds, if it does: what is known by its digest costs no check of a signature. */
const MAX_RECENT = 1_000;

/** Create what takes the messages of providers: it verifies them, and has the sink refuse what has ended. */
export function createEventTaker(options: EventTakerOptions): EventTaker {
  const { kind, prove, read, sink, clock, observer } = options;
  /** The messages that were taken, by their digests. */
  const recent = new LRUCache<string, RecentEvent>({ max: MAX_RECENT });
  const warn = createWarnings(options);
  const audit = (revocations: readonly LogoutRevocation[]): void => {
    for (const revocation of revocations.filter(isOfAudit)) {
      observer.audited?.(toAuditEvent(revocation));
    }
  };

  return async (token, peer) => {
    const digest = await digestToken(token);
    const known = recent.get(digest);
    let issuer = known?.issuer;
    let event = known?.event;
    const report = (result: LogoutReceived["result"]): void =>
      observer.logoutReceived?.({ kind, issuer, event, result });
    if (known !== undefined && known.expiresAtMs > clock.nowMs()) {
      report("repeated");
      return "repeated";
    }
    try {
      const proven = await prove(token, peer);
      issuer = proven.issuer.issuer;
      const { tokenId, expiresAtMs, revocations, ...said } = await read(proven);
      ({ event } = said);
      const key = await digestToken(JSON.stringify([PROTOCOLS[kind], issuer, tokenId]));
      const isAboutTokens = revocations.length > 0;
      const result = isAboutTokens ? await sink.take({ key, expiresAtMs, revocations }) : "ignored";
      recent.set(digest, { issuer, event, expiresAtMs });
      report(result);
      warn.ofNote(said, issuer);
      if (result === "taken") {
        audit(revocations);
      }
      return result;
    } catch (error) {
      report(isRefusal(error) ? "refused" : "failed");
      warn.ofRefusal(error, issuer);
      throw error;
    }
  };
}

/** A message that was taken. */
interface RecentEvent extends Pick<ReadEvent, "event" | "expiresAtMs"> {
  readonly issuer: string;
}

/** What a `jti` is the same in: an event is the same however it comes, and a provider may count logouts apart from events. */
const PROTOCOLS = {
  back_channel: "logout",
  poll: "event",
  push: "event",
} as const satisfies Record<LogoutReceived["kind"], string>;

const NAMES = {
  back_channel: "a logout",
  poll: "an event",
  push: "an event",
} as const satisfies Record<LogoutReceived["kind"], string>;

function isRefusal(error: unknown): error is AuthError {
  return error instanceof AuthError && (error.reason === "TOKEN_INVALID" || error.reason === "TOKEN_EXPIRED");
}

/** A provider whose messages are refused does not say so to the operator of this server: the log does. */
function createWarnings({ kind, clock, onWarning }: EventTakerOptions) {
  const limit = createLineLimit(clock);
  const ofNote = ({ event, note }: Pick<ReadEvent, "event" | "note">, issuer: string): void => {
    if (note !== undefined && limit(`${issuer} ${event} ${note}`) !== undefined) {
      onWarning(event === undefined ? `issuer ${issuer}: ${note}` : `event ${event} of ${issuer}: ${note}`);
    }
  };
  const ofRefusal = (error: unknown, issuer: string | undefined): void => {
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
    onWarning(`refused ${NAMES[kind]} ${sender}: ${message}${wanted}${came}${others}`);
  };
  return { ofNote, ofRefusal };
}

const MEMBERS = {
  jti: "tokenId",
  sid: "sessionId",
  sub: "subject",
} as const satisfies Record<LogoutRevocation["dimension"], keyof RevocationEvent>;

/** Tokens that name no session end with the one that is named. */
function isOfAudit({ changedClaims, withoutSession }: LogoutRevocation): boolean {
  return changedClaims === undefined && withoutSession !== true;
}

function toAuditEvent({ issuer, dimension, value, reason }: LogoutRevocation): RevocationEvent {
  return { type: "revoked", [MEMBERS[dimension]]: value, externalIssuer: issuer, reason };
}
