import type { RevocationCheck } from "../../../server/src/authenticate/authenticator.ts";

/** The sessions that a test has revoked. */
export interface RevocationSet extends RevocationCheck {
  add(sessionId: string): void;
}

/** Create an empty set. */
export function createRevocationSet(): RevocationSet {
  const sessions = new Set<string>();
  return {
    add: (sessionId) => void sessions.add(sessionId),
    isRevoked: ({ sessionId }) => sessionId !== undefined && sessions.has(sessionId),
  };
}
