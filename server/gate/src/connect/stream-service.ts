import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { Principal } from "../authenticate/principal.ts";
import { type Clock, resolveClock } from "../kernel/clock.ts";
import { assertOptionNames } from "../kernel/option-names.ts";
import { type OtherServers, type RemoteRenewal, renewStreams } from "../streams/renewal.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { isStreamId } from "../streams/stream-registry.ts";
import { assertValid } from "./invalid-argument.ts";
import { principalOf } from "./principal-context.ts";

/** The most streams that one call renews. */
const MAX_STREAM_IDS = 1000;

/** What {@link createStreamService} needs. */
export interface StreamServiceOptions {
  /** The open streams of this server: the same as in the options of `createAuth`. */
  readonly streams: StreamRegistry;
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Asks the servers that have the others. Absent: there are no other servers. */
  readonly others?: OtherServers | undefined;
}

const OPTION_NAMES = {
  streams: true,
  clock: true,
  others: true,
} satisfies Record<keyof StreamServiceOptions, true>;

/**
 * Create the service that renews open streams in place.
 *
 *     const streams = createStreamRegistry();
 *     createAuth({ streams, routes: (router) => router.service(StreamService, createStreamService({ streams })), … })
 *
 * @throws TypeError when it has no option of a name that was given
 */
export function createStreamService(options: StreamServiceOptions): ServiceImpl<typeof StreamService> {
  assertOptionNames("createStreamService", options, OPTION_NAMES);
  const { streams, others } = options;
  const clock = resolveClock(options.clock);

  async function renewElsewhere(streamIds: readonly string[], principal: Principal): Promise<RemoteRenewal> {
    const askable = others === undefined ? [] : streamIds.filter(isStreamId);
    if (others === undefined || askable.length === 0) {
      return { renewed: [], ended: [], unknown: streamIds };
    }
    const answered = await others.renew(askable, principal);
    const unnamed = streamIds.filter((streamId) => !isStreamId(streamId));
    return { ...answered, unknown: [...unnamed, ...answered.unknown] };
  }

  return {
    async renew({ streamIds }, ctx) {
      const { length } = streamIds;
      assertValid(
        length === 0 || length > MAX_STREAM_IDS
          ? [{ field: "stream_ids", description: `must name 1 to ${MAX_STREAM_IDS} streams` }]
          : [],
      );
      const principal = principalOf(ctx);
      // Those of this server do not wait for the others: they may not have that long.
      const here = renewStreams(streams, streamIds, { principal, clock });
      const there = await renewElsewhere(here.absent, principal);
      return {
        streams: [...here.renewed, ...there.renewed].map(({ streamId, expiresInMs }) => ({
          streamId,
          expiresIn: durationFromMs(expiresInMs),
        })),
        unknownStreamIds: [...here.unknown, ...there.unknown],
      };
    },
  };
}
