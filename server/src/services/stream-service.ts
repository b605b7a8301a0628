import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { Clock } from "../clock.ts";
import { principalOf } from "../connect/principal-context.ts";
import { renewStreams } from "../streams/renewal.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { assertValid } from "./input.ts";

/** The most streams that one call renews. */
const MAX_STREAM_IDS = 1000;

/**
 * Create the service that renews open streams in place.
 *
 * @param streams the open streams of this server
 * @param clock the time
 */
export function createStreamService(
  streams: StreamRegistry,
  clock: Clock,
): ServiceImpl<typeof StreamService> {
  return {
    renew(request, ctx) {
      const { length } = request.streamIds;
      assertValid(
        length === 0 || length > MAX_STREAM_IDS
          ? [{ field: "stream_ids", description: `must name 1 to ${MAX_STREAM_IDS} streams` }]
          : [],
      );
      const fresh = { principal: principalOf(ctx), clock };
      const { renewed, unknown } = renewStreams(streams, request.streamIds, fresh);
      return {
        streams: renewed.map(({ streamId, expiresInMs }) => ({
          streamId,
          expiresIn: durationFromMs(expiresInMs),
        })),
        unknownStreamIds: [...unknown],
      };
    },
  };
}
