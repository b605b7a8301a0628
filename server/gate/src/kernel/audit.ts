import type { Check, Facts, Hint } from "../errors/facts.ts";

/** What an event can say. */
interface AuditDetails {
  /** The account, as its subject; never a name that a stranger typed. */
  readonly subject?: string;
  /** The session's identifier: not a secret. */
  readonly sessionId?: string;
  /** The access token's identifier: not a secret. */
  readonly tokenId?: string;
  /** The client's identifier. */
  readonly clientId?: string;
  /** Who acts for the subject (RFC 8693 §4.1), as its subject. */
  readonly actor?: string;
  /** The other issuer that knows the subject, or whose tokens these are. */
  readonly externalIssuer?: string;
  /** What that issuer calls the subject. */
  readonly externalSubject?: string;
  /** The RPC, as `package.Service/Method`. */
  readonly method?: string;
  /** Why, from a closed set of words. */
  readonly reason?: string;
  /** The rule that was broken, in words of ours. Finer than the message for the caller. */
  readonly detail?: string;
  /** The check that refused, from a closed set of words. */
  readonly check?: Check;
  /** What would have passed, bounded and escaped. */
  readonly expected?: string;
  /** What came, bounded and escaped: never a token, a signature or a secret. */
  readonly got?: string;
  /** What the refused token looks like: `id_token`, or `tenant_mismatch`. Absent: like nothing of the kind. */
  readonly hint?: Hint;
  /** The key's identifier. */
  readonly keyId?: string;
}

/** Events of these types, each of which says these things and no others. */
type EventOf<Type extends string, Said extends keyof AuditDetails> = Type extends string
  ? { readonly type: Type } & Pick<AuditDetails, Said> & {
        readonly [Unsaid in Exclude<keyof AuditDetails, Said>]?: undefined;
      }
  : never;

/** What becomes of sessions. */
export type SessionEvent = EventOf<
  "sign_in" | "sign_out" | "refresh" | "refresh_reuse" | "token_exchanged" | "session_revoked",
  "subject" | "sessionId" | "clientId" | "actor" | "externalIssuer" | "externalSubject" | "reason"
>;

/** A credential that was not good, or came too often. */
export type CredentialFailureEvent = EventOf<
  "sign_in_failed" | "password_change_failed",
  "subject" | "sessionId" | "reason" | "check" | "expected" | "got" | "hint"
>;

/** What becomes of the keys that sign. */
export type KeyEvent = EventOf<"key_activated" | "key_removed", "keyId" | "reason">;

/** What becomes of accounts. */
export type AccountEvent = EventOf<
  | "account_added"
  | "account_changed"
  | "account_removed"
  | "account_disabled"
  | "account_enabled"
  | "password_changed",
  "subject"
>;

/** What becomes of clients. */
export type ClientEvent = EventOf<
  "client_added" | "client_changed" | "client_rotated" | "client_disabled" | "client_enabled",
  "clientId"
>;

/** Something was revoked, by whichever of these it goes by. */
export type RevocationEvent = EventOf<
  "revoked",
  "sessionId" | "subject" | "tokenId" | "clientId" | "keyId" | "externalIssuer" | "reason"
>;

/** A call that was refused, or that would have been. */
export type CallEvent = EventOf<
  "call_denied" | "call_would_be_denied",
  | "method"
  | "reason"
  | "detail"
  | "check"
  | "expected"
  | "got"
  | "hint"
  | "subject"
  | "clientId"
  | "actor"
  | "sessionId"
  | "tokenId"
>;

/** Something that happened to a session, an account or a key, and that an operator may have to answer for. */
export type AuditEvent =
  | SessionEvent
  | CredentialFailureEvent
  | KeyEvent
  | AccountEvent
  | ClientEvent
  | RevocationEvent
  | CallEvent;

/** Takes audit events: all, or those of one kind. It must not throw, and returns at once. */
export interface AuditSink<Event extends AuditEvent = AuditEvent> {
  record(event: Event): void;
}

/** What is known of a call that was refused. */
export interface DeniedCall {
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  /** Whether the call went on all the same, because its service is in shadow mode. */
  readonly isShadow: boolean;
  /** Who made it; undefined when the token was no good, or there was none. */
  readonly caller:
    | {
        readonly subject: string;
        readonly clientId: string;
        /** Who acts for the subject; undefined: the subject itself. */
        readonly actor: { readonly subject: string } | undefined;
        readonly sessionId: string | undefined;
        readonly tokenId: string | undefined;
      }
    | undefined;
}

/** Why a call was refused: an AuthError. */
export interface DenialCause {
  readonly reason: string;
  readonly message: string;
  /** Absent: nothing says so. */
  readonly facts?: Facts | undefined;
}

/** Write the facts of a refusal into an audit event. */
export function toFactMembers(
  facts: Facts | undefined,
): Pick<CallEvent, "check" | "expected" | "got" | "hint"> {
  if (facts === undefined) {
    return {};
  }
  const { check, expected, got, hint } = facts;
  return {
    check,
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Make the event of a call that was refused, or that would have been if its service were not in shadow mode. */
export function denied(
  { method, isShadow, caller }: DeniedCall,
  { reason, message, facts }: DenialCause,
): CallEvent {
  const type = isShadow ? "call_would_be_denied" : "call_denied";
  const event = { type, method, reason, detail: message, ...toFactMembers(facts) } as const;
  if (caller === undefined) {
    return event;
  }
  const { subject, clientId, actor, sessionId, tokenId } = caller;
  return {
    ...event,
    subject,
    clientId,
    ...(actor === undefined ? {} : { actor: actor.subject }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(tokenId === undefined ? {} : { tokenId }),
  };
}
