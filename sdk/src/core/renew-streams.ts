import { createClient, type Transport } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { Held } from "./holder.ts";

/** Gives open streams a fresh token. @returns those that go on */
export type RenewStreams = (streamIds: readonly string[], fresh: Held) => Promise<readonly string[]>;

const TIMEOUT_MS = 10_000;
const MAX_STREAMS_PER_CALL = 1_000;

/**
 * Create the renewal over a Countersign server's StreamService.
 *
 * @param transport a transport without the session's interceptor
 */
export function createRenewStreams(transport: Transport): RenewStreams {
  const client = createClient(StreamService, transport);
  return async (streamIds, { authorization }) => {
    const renewed: string[] = [];
    for (let at = 0; at < streamIds.length; at += MAX_STREAMS_PER_CALL) {
      const request = { streamIds: streamIds.slice(at, at + MAX_STREAMS_PER_CALL) };
      const options = { headers: { authorization }, timeoutMs: TIMEOUT_MS };
      const { streams } = await client.renew(request, options);
      renewed.push(...streams.map(({ streamId }) => streamId));
    }
    return renewed;
  };
}
