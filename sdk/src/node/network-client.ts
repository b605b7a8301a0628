import { ConnectError } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { isMistake, toUnavailable } from "./network-error.ts";

/** Carries one request over the network. */
export interface Carrier {
  readonly send: UniversalClientFn;
  /** Whether the answer ended because the connection did. Asked when it has ended. */
  readonly isCutOff: () => boolean;
}

/**
 * Create the HTTP client of a transport: every failure of the network is an error `Unavailable`.
 *
 * What the server answers does not come this way: Connect makes an error of it behind this client. What the caller did
 * stays what it is: an abort, a deadline, messages that throw, a header that cannot be sent.
 *
 * @param createCarrier makes what carries one request
 */
export function createNetworkClient(createCarrier: () => Carrier): UniversalClientFn {
  return async (request) => {
    const { send, isCutOff } = createCarrier();
    const sent = request.body === undefined ? undefined : watchFailure(request.body);
    const toCallError = (error: unknown): unknown => {
      const isOfCaller = request.signal?.aborted === true || sent?.hasFailed() === true || isMistake(error);
      return isOfCaller ? error : toUnavailable(error);
    };
    try {
      const response = await send(sent === undefined ? request : { ...request, body: sent.body });
      return { ...response, body: received(response.body, { isCutOff, toCallError }) };
    } catch (error) {
      throw toCallError(error);
    }
  };
}

type Body = AsyncIterable<Uint8Array>;

/** Pass messages on, and remember whether it was their source that failed. */
function watchFailure(source: Body): { readonly body: Body; readonly hasFailed: () => boolean } {
  let hasFailed = false;
  const body = readThrough(source, (inner) =>
    inner.next().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  return { body, hasFailed: () => hasFailed };
}

/** What {@link received} needs. */
interface Reception extends Pick<Carrier, "isCutOff"> {
  readonly toCallError: (error: unknown) => unknown;
}

/** Pass an answer on: an answer that was cut off fails, and every failure is one of the call. */
function received(source: Body, { isCutOff, toCallError }: Reception): Body {
  return readThrough(source, async (inner) => {
    try {
      const result = await inner.next();
      if (result.done === true && isCutOff()) {
        throw new ConnectError("the connection was closed");
      }
      return result;
    } catch (error) {
      throw toCallError(error);
    }
  });
}

type ReadNext = (inner: AsyncIterator<Uint8Array>) => Promise<IteratorResult<Uint8Array>>;

/** Read a body with a `next` of its own. */
function readThrough(source: Body, next: ReadNext): Body {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      return {
        next: () => next(inner),
        // Connect's client calls it when nothing more can be sent.
        throw: (reason) => inner.throw?.(reason) ?? Promise.reject(reason),
      };
    },
  };
}
