import type { AuditSink, Clock, LogoutRevocation, LogoutSink } from "@countersign/server";
import { toRevokedTokens } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { writeLogout } from "../store/logout-events.ts";
import { boundChange, type NewRevocation, OWN_ISSUER } from "../store/revocations.ts";
import { createUnwrittenError } from "../store/unwritten-revocations.ts";
import type { Revocations } from "./revocations.ts";

/** What {@link createLogoutSink} needs. */
export interface LogoutSinkOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations: Pick<Revocations, "learn" | "hold">;
  /** Says under which subject of ours the tokens of another issuer's are exchanged. */
  readonly toOwnSubject: (issuer: string, subject: string) => string;
  /** Learns of the sessions that end. */
  readonly audit: AuditSink;
}

/**
 * How far our clock and that of a provider may lie apart, and what is left of its second, in milliseconds: what a subject
 * exchanged just after the logout ends as well.
 */
const CLOCKS_APART_MS = 6_000;

/**
 * Create what writes the logouts of other providers into the store: they act here at once, and on other servers within a
 * second. What a subject has here in exchange for its tokens ends with all that it has there. A logout that cannot be written
 * acts all the same, and its provider learns that it must send it again.
 */
export function createLogoutSink(options: LogoutSinkOptions): LogoutSink {
  const { store, clock, revocations: known, audit } = options;
  return {
    async take({ key, expiresAtMs, revocations }) {
      const nowMs = clock.nowMs();
      const own = revocations.flatMap((one) => toOwnEnd(one, options));
      const orders = [
        ...revocations.map((one) => toNewRevocation(one, nowMs)),
        ...own.map((one) => toOwnRevocation(one, nowMs)),
      ];
      // Client assertions are remembered in the same table.
      const message = { key: `logout ${key}`, expiresAtMs };
      const reason = revocations[0]?.reason ?? "logged_out";
      const writes = { revocations: orders, endings: own, reason, nowMs };
      const written = await writeLogout(store, message, writes).catch((error: unknown) => {
        const held = known.hold(orders.map((order) => ({ ...order, endsSession: false })));
        throw held === undefined ? error : createUnwrittenError(error);
      });
      known.learn(written?.revocations ?? []);
      for (const { sessionId, subject } of written?.sessions ?? []) {
        audit.record({ type: "session_revoked", subject, sessionId, reason });
      }
      return written === undefined ? "repeated" : "taken";
    },
  };
}

function toNewRevocation(revocation: LogoutRevocation, revokedAtMs: number): NewRevocation {
  const { issuer, beforeMs, maxLifeMs: minLifeMs, reason } = revocation;
  const changedClaims = boundChange(revocation.changedClaims);
  const tokens = toRevokedTokens(revocation);
  return { issuer, ...tokens, beforeMs, revokedAtMs, minLifeMs, reason, changedClaims };
}

/** What a subject has here, as a subject of ours. */
interface OwnEnd {
  readonly subject: string;
  readonly begunByMs: number;
  readonly reason: string;
}

/** @returns none where the logout is about one session: which of ours was begun from it, no token says */
function toOwnEnd(
  { issuer, dimension, value, beforeMs, reason, changedClaims, withoutSession }: LogoutRevocation,
  { toOwnSubject }: LogoutSinkOptions,
): readonly OwnEnd[] {
  const isOfAll = dimension === "sub" && withoutSession !== true;
  if (!isOfAll || beforeMs === undefined || changedClaims !== undefined) {
    return [];
  }
  return [{ subject: toOwnSubject(issuer, value), begunByMs: beforeMs + CLOCKS_APART_MS, reason }];
}

/** Tokens that were exchanged without a session end, too. */
function toOwnRevocation({ subject, begunByMs, reason }: OwnEnd, revokedAtMs: number): NewRevocation {
  return { issuer: OWN_ISSUER, dimension: "sub", value: subject, beforeMs: begunByMs, revokedAtMs, reason };
}
