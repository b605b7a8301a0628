import type { AuditSink, Clock, LogoutRevocation, LogoutSink } from "@countersign/server";
import { toRevokedTokens } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { type LogoutWrites, writeLogout } from "../store/logout-events.ts";
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
 * second. Sessions here that were begun from a session there end with it, or with all that their subject has there. A logout that cannot be written
 * acts all the same, and its provider learns that it must send it again.
 */
export function createLogoutSink(options: LogoutSinkOptions): LogoutSink {
  const { store, clock, revocations: known, audit } = options;
  return {
    async take({ key, expiresAtMs, revocations }) {
      const nowMs = clock.nowMs();
      const endings = revocations.flatMap((one) => toOwnEnd(one, options));
      const orders = [
        ...revocations.map((one) => toNewRevocation(one, nowMs)),
        ...revocations.flatMap((one) => toOwnRevocation(one, options, nowMs)),
      ];
      // Client assertions are remembered in the same table.
      const message = { key: `logout ${key}`, expiresAtMs };
      const reason = revocations[0]?.reason ?? "logged_out";
      const writes = { revocations: orders, endings, reason, nowMs };
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
  const { changedClaims, ...tokens } = toRevokedTokens(revocation);
  const change = boundChange(changedClaims);
  return { issuer, ...tokens, beforeMs, revokedAtMs, minLifeMs, reason, changedClaims: change };
}

/**
 * Which sessions of ours end. Those that were begun from a session there end with it, whenever they began: it gets no more. What a
 * subject has is what had begun by then.
 */
function toOwnEnd(
  { issuer, dimension, value, beforeMs, changedClaims, withoutSession }: LogoutRevocation,
  { toOwnSubject }: LogoutSinkOptions,
): readonly OwnEnd[] {
  if (changedClaims !== undefined || dimension === "jti") {
    return [];
  }
  const begunBy = beforeMs === undefined ? {} : { begunByMs: beforeMs + CLOCKS_APART_MS };
  if (dimension === "sid") {
    return [{ where: { externalIssuer: issuer, externalSession: value }, ...begunBy }];
  }
  const subject = toOwnSubject(issuer, value);
  return [{ where: withoutSession === true ? { subject, externalSession: null } : { subject }, ...begunBy }];
}

type OwnEnd = LogoutWrites["endings"][number];

/** Tokens of a subject that were exchanged without a session end, too. */
function toOwnRevocation(
  { dimension, withoutSession, beforeMs, changedClaims, reason, ...of }: LogoutRevocation,
  { toOwnSubject }: LogoutSinkOptions,
  revokedAtMs: number,
): readonly NewRevocation[] {
  const isOfAll = dimension === "sub" && withoutSession !== true;
  if (!isOfAll || beforeMs === undefined || changedClaims !== undefined) {
    return [];
  }
  const tokens = { issuer: OWN_ISSUER, dimension, value: toOwnSubject(of.issuer, of.value) };
  return [{ ...tokens, beforeMs: beforeMs + CLOCKS_APART_MS, revokedAtMs, reason }];
}
