import type {
  RevocationCheck,
  RevokedPrincipals,
} from "../../../server/gate/src/authenticate/authenticator.ts";

/** The sessions that a test has revoked. */
export interface RevocationSet extends RevocationCheck {
  /** Revoke a session, and tell nobody. */
  add(sessionId: string): void;
  /** Revoke a session, and tell those who have asked to be told. */
  revoke(sessionId: string): void;
  /** Make revocations known that cover no principal. */
  publish(records: NonNullable<RevokedPrincipals["records"]>): void;
}

/** Create an empty set. */
export function createRevocationSet(): RevocationSet {
  const sessions = new Set<string>();
  const listeners = new Set<(revoked: RevokedPrincipals) => void>();
  const add = (sessionId: string) => void sessions.add(sessionId);
  return {
    add,
    revoke(sessionId) {
      add(sessionId);
      for (const listener of listeners) {
        listener({ matches: (principal) => principal.sessionId === sessionId });
      }
    },
    publish(records) {
      for (const listener of listeners) {
        listener({ matches: () => false, records });
      }
    },
    isRevoked: ({ sessionId }) => sessionId !== undefined && sessions.has(sessionId),
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
