import type { Transport } from "@connectrpc/connect";
import type { Session } from "../core/session.ts";

/** Carries the calls that a session makes for itself: signing in, refreshing, renewing streams. */
export interface OwnCalls {
  readonly transport: Transport;
  /** Let transports of this session and this server carry them, from now on. */
  readonly belongTo: (session: Session, baseUrl: string) => void;
}

/** A transport that could carry the own calls of a session. */
export interface OfferedTransport {
  readonly baseUrl: string;
  /** Make the transport, without the session's interceptor. */
  readonly createTransport: () => Transport;
}

const takers = new WeakMap<Session, (offered: OfferedTransport) => void>();

/**
 * Create what carries the own calls of a session.
 *
 * @param createFirst makes the transport that carries them until another one is offered
 */
export function createOwnCalls(createFirst: () => Transport): OwnCalls {
  let current: Transport | undefined;
  const carrier = (): Transport => {
    current ??= createFirst();
    return current;
  };
  return {
    transport: {
      unary: (...call) => carrier().unary(...call),
      stream: (...call) => carrier().stream(...call),
    },
    belongTo(session, baseUrl) {
      takers.set(session, (offered) => {
        if (toBase(offered.baseUrl) === toBase(baseUrl)) {
          current = offered.createTransport();
          takers.delete(session);
        }
      });
    },
  };
}

/** Offer a transport to a session for its own calls. It takes the first one to its own server. */
export function offerOwnCalls(session: Session, offered: OfferedTransport): void {
  takers.get(session)?.(offered);
}

function toBase(url: string): string {
  return new URL(url).href.replace(/\/$/, "");
}
