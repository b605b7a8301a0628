import {
  type ContextKey,
  type ContextValues,
  createContextKey,
  createContextValues,
} from "@connectrpc/connect";
import type { TokenOrigin } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { CertificateHolder, ClientCertificate } from "../kernel/client-certificate.ts";
import { clientCertificateOf } from "./node-request.ts";
import { peerOf } from "./peer.ts";

/** Receives the principal that a renewal brought. */
export type PrincipalListener = (principal: Principal) => void;

/** Who makes one call. A stream's principal is replaced when the stream is renewed. */
export interface Caller {
  /** The principal; undefined when the call is anonymous. */
  principal: Principal | undefined;
  /** They receive a new principal. Made for the first listener: most calls have none. */
  listeners?: Set<PrincipalListener>;
}

/** What the gate knows of one call. */
export interface CallState extends TokenOrigin, CertificateHolder {
  /** Whether the gate has let the call in. */
  isAdmitted: boolean;
  /** Who makes it. Undefined: the method is public, or the gate has not decided. */
  caller: Caller | undefined;
  /** When the gate has let it in, in milliseconds since 1970. */
  admittedAtMs: number;
  /** Aborts when the client leaves, where the adapter has said so before any interceptor. */
  readonly signal: AbortSignal | undefined;
}

const stateKey = createContextKey<CallState | undefined>(undefined, { description: "countersign call" });

/**
 * The context values of one call: those that the adapter or the application made, and the state of this call.
 *
 * The state is never read from or written to the values beneath. An application may use one object for many calls, or
 * hand the values of a call on to the next; what the gate knows of one call must not be taken for another's.
 */
class CallValues implements ContextValues, CallState {
  isAdmitted = false;
  caller: Caller | undefined = undefined;
  admittedAtMs = 0;
  readonly signal: AbortSignal | undefined;
  readonly #beneath: ContextValues;

  constructor(beneath: ContextValues, signal: AbortSignal | undefined) {
    this.#beneath = beneath;
    this.signal = signal;
  }

  /** Asked for only when limits count: asking a socket of HTTP/2 for its address takes longer than a decision. */
  get peer(): string {
    return peerOf(this);
  }

  /** Asked for only when a token is bound to it, or a rule or a handler reads it. */
  get certificate(): ClientCertificate | undefined {
    return clientCertificateOf(this);
  }

  get<T>(key: ContextKey<T>): T {
    // The key of the state is the only one of its type.
    return key.id === stateKey.id ? (this as unknown as T) : this.#beneath.get(key);
  }

  set<T>(key: ContextKey<T>, value: T): this {
    this.#beneath.set(key, value);
    return this;
  }

  delete(key: ContextKey<unknown>): this {
    this.#beneath.delete(key);
    return this;
  }
}

/**
 * Create the context values of one call, with a state that is its own.
 *
 * @param beneath what the adapter or the application made; it is read and written through. Default: empty ones
 * @param signal aborts when the client leaves
 */
export function createCallValues(
  beneath: ContextValues = createContextValues(),
  signal?: AbortSignal,
): ContextValues {
  return new CallValues(beneath, signal);
}

/** Find the state of a call; undefined when its route is not one of `createAuth`. */
export function stateOf(values: ContextValues): CallState | undefined {
  return values.get(stateKey);
}
