import {
  ConnectError,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
} from "@connectrpc/connect";
import type { Access } from "./access.ts";
import type { Clock } from "./clock.ts";
import { isTokenRefused } from "./error-info.ts";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import { readTimeoutMs, writeTimeoutMs } from "./timeout-header.ts";

/** The next step of an interceptor, for streams. */
export type NextStream = (req: StreamRequest) => Promise<StreamResponse>;

/** A call and the token that it is made with. */
export interface Authorized {
  readonly call: AuthorizedCall;
  readonly held: Held;
}

/** One call that is made with the session's token. */
export interface AuthorizedCall {
  /** Put the token into the request. */
  attach(held: Held): void;
  /** Wait for a token and put it in, with what is left of the deadline. */
  attachWhenReady(): Promise<Held>;
  /** Put in a newer token than the refused one. @throws `error` when there is none */
  attachNewer(refused: Held, error: unknown): Promise<Held>;
}

/** What {@link createAuthorizedCall} needs. */
export interface AuthorizedCallContext {
  readonly access: Access;
  readonly clock: Clock;
}

const MIN_LEFT_MS = 50;

/** Prepare a call. */
export function createAuthorizedCall(
  req: UnaryRequest | StreamRequest,
  { access, clock }: AuthorizedCallContext,
): AuthorizedCall {
  const startedMs = clock.monotonicMs();
  const timeoutMs = readTimeoutMs(req.header);

  function attach(held: Held): void {
    req.header.set("authorization", held.authorization);
  }

  function attachLate(held: Held): Held {
    if (timeoutMs !== undefined) {
      const leftMs = timeoutMs - (clock.monotonicMs() - startedMs);
      if (leftMs < MIN_LEFT_MS) throw new SessionError("DEADLINE_TOO_CLOSE");
      writeTimeoutMs(req.header, leftMs);
    }
    attach(held);
    return held;
  }

  return {
    attach,
    attachWhenReady: async () => attachLate(await access.obtain({ signal: req.signal })),
    async attachNewer(refused, error) {
      if (!isTokenRefused(ConnectError.from(error))) throw error;
      const newer = await access.replace(refused, req.signal);
      if (newer === undefined) throw error;
      return attachLate(newer);
    },
  };
}
