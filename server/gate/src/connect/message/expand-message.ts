import { createContextValues } from "@connectrpc/connect";
import { AuthError } from "../../errors/auth-error.ts";
import type { ByteBudget, ByteHolder } from "../../kernel/byte-budget.ts";
import {
  type ConcurrencyLimit,
  createConcurrencyLimit,
  type WorkSource,
} from "../../kernel/concurrency-limit.ts";
import { stateOf } from "../call-state.ts";
import { toConnectError } from "../error-contract.ts";
import { connectionOf } from "../node-request.ts";
import { peerOf } from "../peer.ts";
import type { HandlerRequest } from "../route/without-message.ts";
import { type CompressionFormat, createDecompressionOf, tooLargeDecompressed } from "./decompress.ts";

/** Makes the bytes that were compressed of what they became. */
export type ExpandMessage = (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>;

/** What the messages of a server take while they are on their way to its handlers. */
export interface MessageRoom {
  /** Counts the bytes that wait for the rest of their message, and those that are to be decompressed. */
  readonly budget: ByteBudget;
  /** Has large messages decompressed, a few at a time. */
  readonly limitLarge: ConcurrencyLimit;
}

/**
 * Create the room of a server. Twenty-five bytes of brotli become 4 MiB, and take as much again while they do: without it,
 * a stranger has a server hold gigabytes for some kilobytes.
 */
export function createMessageRoom(budget: ByteBudget): MessageRoom {
  const limitLarge = createConcurrencyLimit({
    // As many as the platform has threads for.
    maxRunning: 4,
    maxWaiting: 1_000,
    message: "too many large compressed messages wait",
  });
  return { budget, limitLarge };
}

/** Create what decompresses the messages of a request, one after the other. */
export function createExpandMessage(
  { signal, contextValues: values = createContextValues() }: HandlerRequest,
  format: CompressionFormat,
  { limitLarge, budget }: MessageRoom,
): ExpandMessage {
  // Of a host that does not say, each request counts as a connection of its own.
  const connection = connectionOf(values) ?? {};
  const sourceOf = (): WorkSource => {
    const principal = stateOf(values)?.caller?.principal;
    const account = principal === undefined ? "" : `${principal.issuer} ${principal.subject}`;
    return { address: peerOf(values), account, isKnown: principal !== undefined };
  };
  return async (bytes, maxBytes) => {
    const decompression = createDecompressionOf(bytes, format);
    const holder: ByteHolder = {
      connection,
      get peer() {
        return peerOf(values);
      },
      giveUp: decompression.stop,
    };
    signal.addEventListener("abort", decompression.stop);
    try {
      budget.hold(holder, bytes.length);
      const small = format.freeBytes === 0 ? undefined : await decompression.readUpTo(format.freeBytes);
      const message = small ?? (await limitLarge(sourceOf(), () => decompression.readUpTo(maxBytes)));
      if (message === undefined || message.length > maxBytes) {
        throw tooLargeDecompressed(maxBytes);
      }
      return message;
    } catch (error) {
      throw error instanceof AuthError ? toConnectError(error) : error;
    } finally {
      signal.removeEventListener("abort", decompression.stop);
      budget.release(holder);
      decompression.stop();
    }
  };
}
