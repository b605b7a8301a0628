import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { RenewRequest, StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { type Clock, resolveClock } from "../kernel/clock.ts";
import type { Observer } from "../kernel/observe.ts";
import { type IsolatedObserver, isolateObserver } from "../kernel/observers.ts";
import { assertOptions, OBJECT, type OptionForm, required, withMethods } from "../kernel/option-forms.ts";
import { resolveWarningSink } from "../kernel/warning-sink.ts";
import { isOwnerId } from "../streams/owner-id.ts";
import {
  type OtherServers,
  type RemoteRenewal,
  type RenewalCaller,
  type RenewalResult,
  renewStreams,
  type StreamRef,
} from "../streams/renewal.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { isStreamId } from "../streams/stream-registry.ts";
import { assertValid } from "./invalid-argument.ts";
import { principalOf } from "./principal-context.ts";
import { renewalTokenOf } from "./renewal-token.ts";

/** The most streams that one call renews. */
const MAX_STREAMS = 1000;

/** What {@link createStreamService} needs. */
export interface StreamServiceOptions {
  /** The open streams of this server: the same as in the options of `createAuth`. */
  readonly streams: StreamRegistry;
  /** The time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Asks the servers that have the others. Absent: there are no other servers. */
  readonly others?: OtherServers | undefined;
  /** Learns what became of the streams. Default: no observer does. */
  readonly observe?: Pick<Observer, "renewalAsked"> | undefined;
}

const FORMS: Readonly<Record<keyof StreamServiceOptions, OptionForm>> = {
  streams: required(
    withMethods("find"),
    "must be what createStreamRegistry makes, the same as in createAuth",
  ),
  clock: OBJECT,
  others: withMethods("renew"),
  observe: OBJECT,
};

/**
 * Create the service that renews open streams in place.
 *
 *     const streams = createStreamRegistry();
 *     createAuth({ streams, routes: (router) => router.service(StreamService, createStreamService({ streams })), … })
 *
 * @throws TypeError when an option has no known name, or is missing or not of its kind
 */
export function createStreamService(options: StreamServiceOptions): ServiceImpl<typeof StreamService> {
  assertOptions("createStreamService", options, FORMS);
  const { streams, others, observe = {} } = options;
  const clock = resolveClock(options.clock);
  const { renewalAsked } = isolateObserver(observe, { onWarning: resolveWarningSink(), clock });

  async function renewElsewhere(streams: readonly StreamRef[], by: RenewalCaller): Promise<RemoteRenewal> {
    const askable = others === undefined ? [] : streams.filter(({ streamId }) => isStreamId(streamId));
    const asked = new Set(askable);
    const unnamed = streams.filter((ref) => !asked.has(ref)).map(({ streamId }) => streamId);
    if (others === undefined || askable.length === 0) {
      return { renewed: [], ended: [], unknown: unnamed };
    }
    const answered = await others.renew(askable, by);
    return { ...answered, unknown: [...unnamed, ...answered.unknown] };
  }

  async function renew(refs: StreamOwners, by: RenewalCaller): Promise<RenewedEverywhere> {
    // Those of this server do not wait for the others: they may not have that long.
    const here = renewStreams(streams, [...refs.keys()], { principal: by.principal, clock });
    const absent = here.absent.map((streamId) => ({ streamId, owner: refs.get(streamId) }));
    return { here, there: await renewElsewhere(absent, by) };
  }

  return {
    async renew(request, ctx) {
      const refs = readStreams(request);
      const by = { principal: principalOf(ctx), accessToken: renewalTokenOf(ctx) };
      const { here, there } = await observeRenewals(renew(refs, by), refs.size, renewalAsked);
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

/** What became of the streams of this server, and of the others. */
interface RenewedEverywhere {
  readonly here: RenewalResult;
  readonly there: RemoteRenewal;
}

/** Observe what becomes of streams. What the renewal rejects with goes on. */
async function observeRenewals(
  renewal: Promise<RenewedEverywhere>,
  count: number,
  onAsked: IsolatedObserver["renewalAsked"] = () => undefined,
): Promise<RenewedEverywhere> {
  const renewed = await renewal.catch((error: unknown) => {
    onAsked({ result: "failed", count });
    throw error;
  });
  const { here, there } = renewed;
  const counts = {
    here: here.renewed.length,
    elsewhere: there.renewed.length,
    ended: here.ended.length + there.ended.length,
    unknown: here.unknown.length + there.unknown.length,
  };
  for (const result of ["here", "elsewhere", "ended", "unknown"] as const) {
    if (counts[result] > 0) {
      onAsked({ result, count: counts[result] });
    }
  }
  return renewed;
}

/** The owner of each stream, if that is known. */
type StreamOwners = ReadonlyMap<string, string | undefined>;

/**
 * Read which streams are to be renewed, each with its owner if that is known.
 *
 * @throws ConnectError when they are none, or too many
 */
function readStreams({ streamIds, streams }: RenewRequest): StreamOwners {
  const count = streamIds.length + streams.length;
  assertValid(
    count === 0 || count > MAX_STREAMS
      ? [{ field: "stream_ids", description: `must name 1 to ${MAX_STREAMS} streams, with those in streams` }]
      : [],
  );
  return new Map([
    ...streamIds.map((streamId) => [streamId, undefined] as const),
    ...streams.map(({ streamId, owner }) => [streamId, isOwnerId(owner) ? owner : undefined] as const),
  ]);
}
