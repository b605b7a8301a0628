import type { Transport } from "@connectrpc/connect";
import type { Session } from "../core/session.ts";

/** Carries the calls that a session makes for itself: signing in, refreshing, renewing streams. */
export interface OwnCalls {
  /** Make what carries them to the server of a base URL. It changes over to what is offered for that. */
  readonly transportFor: (baseUrl: string) => Transport;
  /** Let transports of this session carry them, from now on, each to its own server. */
  readonly belongTo: (session: Session) => void;
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
 * @param createFirst makes the transport that carries them to a base URL until another one is offered
 */
export function createOwnCalls(createFirst: (baseUrl: string) => Transport): OwnCalls {
  const current = new Map<string, Transport>();
  const offers = new Set<string>();
  const carrier = (baseUrl: string): Transport => {
    const base = toBase(baseUrl);
    const transport = current.get(base) ?? createFirst(baseUrl);
    current.set(base, transport);
    return transport;
  };
  return {
    transportFor: (baseUrl) => ({
      unary: (...call) => carrier(baseUrl).unary(...call),
      stream: (...call) => carrier(baseUrl).stream(...call),
    }),
    belongTo(session) {
      takers.set(session, ({ baseUrl, createTransport }) => {
        const base = toBase(baseUrl);
        if (!offers.has(base)) {
          offers.add(base);
          current.set(base, createTransport());
        }
      });
    },
  };
}

/** Offer a transport to a session for its own calls. It takes the first one to each server. */
export function offerOwnCalls(session: Session, offered: OfferedTransport): void {
  takers.get(session)?.(offered);
}

/** Write a base URL as it is compared with others. */
export function toBase(url: string): string {
  return new URL(url).href.replace(/\/$/, "");
}
