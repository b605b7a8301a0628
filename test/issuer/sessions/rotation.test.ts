import { describe, expect, it } from "vitest";
import {
  createRefreshToken,
  createSessionId,
  hashRefreshToken,
} from "../../../server/issuer/src/sessions/refresh-token.ts";
import {
  decideRotation,
  REPEAT_WINDOW_MS,
  type RefreshAttempt,
  SIBLING_WINDOW_MS,
} from "../../../server/issuer/src/sessions/rotation.ts";
import type { SessionRecord } from "../../../server/issuer/src/store/session-record.ts";

const key = new Uint8Array(32).fill(1);
const sessionId = createSessionId();
const tokens = Array.from({ length: 8 }, (_, generation) => createRefreshToken(key, sessionId, generation));
const newest = 5;
const rotatedAtMs = 1_000_000;

function tokenOf(generation: number) {
  return tokens[generation] ?? createRefreshToken(key, sessionId, generation);
}

const session: SessionRecord = {
  sessionId,
  subject: "usr_1",
  clientId: "app",
  scopes: [],
  authTimeMs: 1,
  refreshHash: hashRefreshToken(tokenOf(newest)),
  generation: newest,
  refreshId: "attempt-that-made-5",
  successorSealed: "sealed",
  supersededAtMs: rotatedAtMs,
  createdAtMs: 1,
  refreshedAtMs: rotatedAtMs,
  idleExpiresAtMs: 900_000_000,
  absoluteExpiresAtMs: 900_000_000,
  revokedAtMs: undefined,
  revokeReason: undefined,
};
const attempt: RefreshAttempt = {
  token: tokenOf(newest),
  refreshId: "another-attempt",
  clientId: "app",
  nowMs: rotatedAtMs + 1,
};
const superseded = { ...attempt, token: tokenOf(newest - 1) };
const sameAttempt = { ...superseded, refreshId: session.refreshId };

/** The session, bound to a key since generation 4: its newest token, and the one before, need a proof. */
const bound: SessionRecord = {
  ...session,
  key: { jwkThumbprint: "own", sinceGeneration: newest - 1 },
  refreshHash: hashRefreshToken({ ...tokenOf(newest), jwkThumbprint: "own" }),
};
/** The same since generation 5: the token before was bound to nothing. */
const justBound: SessionRecord = { ...bound, key: { jwkThumbprint: "own", sinceGeneration: newest } };
const late = rotatedAtMs + SIBLING_WINDOW_MS + 1;
const unproven = { kind: "unproven", jwkThumbprint: "own" };
const invalid = (why: string) => ({ kind: "invalid", why });

const cases = [
  { rule: "replaces the newest token", decision: { kind: "rotate" } },
  { rule: "knows nothing of a session that is gone", session: undefined, decision: invalid("unknown") },
  {
    rule: "refuses another client",
    attempt: { ...attempt, clientId: "x" },
    decision: invalid("other_client"),
  },
  {
    rule: "refuses a session that has ended, and says why",
    session: { ...session, revokedAtMs: 5, revokeReason: "signed_out" },
    decision: { kind: "revoked", reason: "signed_out" },
  },
  {
    rule: "refuses when idle for too long",
    session: { ...session, idleExpiresAtMs: rotatedAtMs + 1 },
    decision: invalid("expired"),
  },
  {
    rule: "refuses at the absolute end",
    session: { ...session, absoluteExpiresAtMs: rotatedAtMs + 1 },
    decision: invalid("expired"),
  },
  {
    rule: "refuses another token of the newest generation, without suspicion",
    attempt: { ...attempt, token: createRefreshToken(key, sessionId, newest) },
    decision: invalid("not_issued"),
  },
  {
    rule: "refuses a token of the future, without suspicion",
    attempt: { ...attempt, token: tokenOf(newest + 1) },
    decision: invalid("not_issued"),
  },
  {
    rule: "repeats for the same attempt",
    attempt: sameAttempt,
    decision: { kind: "repeat", successorSealed: "sealed" },
  },
  {
    rule: "repeats for the same attempt up to 24 h",
    attempt: { ...sameAttempt, nowMs: rotatedAtMs + REPEAT_WINDOW_MS },
    decision: { kind: "repeat" },
  },
  {
    rule: "takes the same attempt after 24 h for theft",
    attempt: { ...sameAttempt, nowMs: rotatedAtMs + REPEAT_WINDOW_MS + 1 },
    decision: { kind: "reuse" },
  },
  {
    rule: "repeats for a second tab up to 10 s",
    attempt: { ...superseded, nowMs: rotatedAtMs + SIBLING_WINDOW_MS },
    decision: { kind: "repeat" },
  },
  {
    rule: "takes a second tab after 10 s for theft",
    attempt: { ...superseded, nowMs: rotatedAtMs + SIBLING_WINDOW_MS + 1 },
    decision: { kind: "reuse" },
  },
  {
    rule: "does not take two attempts without a name for the same",
    session: { ...session, refreshId: "" },
    attempt: { ...superseded, refreshId: "", nowMs: rotatedAtMs + SIBLING_WINDOW_MS + 1 },
    decision: { kind: "reuse" },
  },
  {
    rule: "takes a token that is two generations old for theft, even at once",
    attempt: { ...sameAttempt, token: tokenOf(newest - 2), nowMs: rotatedAtMs },
    decision: { kind: "reuse" },
  },
  {
    rule: "puts a session that has ended before theft",
    session: { ...session, revokedAtMs: 5, revokeReason: "signed_out" },
    attempt: { ...attempt, token: tokenOf(0) },
    decision: { kind: "revoked" },
  },
  {
    rule: "replaces a bound token for its key",
    session: bound,
    attempt: { ...attempt, jwkThumbprint: "own" },
    decision: { kind: "rotate" },
  },
  { rule: "refuses a bound token without a proof", session: bound, decision: unproven },
  {
    rule: "refuses a bound token with another key",
    session: bound,
    attempt: { ...attempt, jwkThumbprint: "other" },
    decision: unproven,
  },
  {
    rule: "repeats a bound token for its key",
    session: bound,
    attempt: { ...sameAttempt, jwkThumbprint: "own" },
    decision: { kind: "repeat" },
  },
  {
    rule: "repeats no bound token with another key",
    session: bound,
    attempt: { ...sameAttempt, jwkThumbprint: "other" },
    decision: unproven,
  },
  {
    rule: "does not take an old bound token without a proof for theft of the session",
    session: bound,
    attempt: { ...superseded, nowMs: late },
    decision: unproven,
  },
  {
    rule: "takes an old bound token with a proof for theft",
    session: bound,
    attempt: { ...superseded, jwkThumbprint: "own", nowMs: late },
    decision: { kind: "reuse" },
  },
  {
    rule: "gives what follows the last token that was not bound to its key alone",
    session: justBound,
    attempt: sameAttempt,
    decision: unproven,
  },
  {
    rule: "takes a second use of a token from before for theft, whoever has bound the session",
    session: justBound,
    attempt: { ...superseded, nowMs: late },
    decision: { kind: "reuse" },
  },
];

describe("decideRotation", () => {
  for (const { rule, decision, ...given } of cases) {
    it(rule, () => {
      const state = "session" in given ? given.session : session;
      expect(decideRotation(state, given.attempt ?? attempt)).toMatchObject(decision);
    });
  }
});
