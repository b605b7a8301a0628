import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { type Renewal, SignalService } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { AuthError } from "../errors/auth-error.ts";
import {
  type OtherServers,
  type RemoteRenewal,
  refuseStrangers,
  type StreamRef,
} from "../streams/renewal.ts";
import type { HubCalls } from "./hub-calls.ts";
import type { ServingHub } from "./hub-watcher.ts";
import { isPassingRefusal, renewHere } from "./renew-here.ts";
import type { SignalledServer } from "./signals.ts";
import { SignalsError } from "./signals-error.ts";

/** What {@link createHubRenewals} needs. */
export interface HubRenewalsOptions {
  readonly serverId: string;
  /** The audience, as the request of the watch has it. */
  readonly audience: () => string;
  /** The servers of this process. */
  readonly servers: ReadonlySet<SignalledServer>;
  readonly calls: HubCalls;
  /** The hub to ask. */
  readonly serving: () => ServingHub | undefined;
  /** Ends all calls. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** Has streams renewed wherever they are open, through a hub. */
export interface HubRenewals extends OtherServers {
  /** Renew streams of this process for another server, and answer the hub. */
  answer(renewal: Renewal): void;
}

/** How many renewals of others are under way at the most: what is more is not answered, and the hub waits a second. */
const MAX_ANSWERS = 100;

/** Create what renews streams through a hub. */
export function createHubRenewals(options: HubRenewalsOptions): HubRenewals {
  const { serverId, audience, servers, calls, serving, signal, onError } = options;
  let answers = 0;

  async function forward(streams: readonly StreamRef[], accessToken: string): Promise<RemoteRenewal> {
    const hub = serving();
    if (hub === undefined) {
      throw new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be asked just now");
    }
    const unknown = streams.map(({ streamId }) => streamId);
    if (!hub.token.canRenew) {
      return { renewed: [], ended: [], unknown };
    }
    const refs = streams.map(({ streamId, owner }) => ({ streamId, owner: owner ?? "" }));
    const request = { serverId, streams: refs, accessToken, audience: audience() };
    const call = { hub: hub.hub, accessToken: hub.token.token, signal };
    const response = await calls
      .unary(SignalService.method.forwardRenewal, request, call)
      .catch((cause: unknown) => {
        throw new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be asked just now", { cause });
      });
    if (response.refused) {
      throw refuseStrangers();
    }
    return {
      renewed: response.renewed.map(({ streamId, expiresIn }) => ({
        streamId,
        expiresInMs: expiresIn === undefined ? 0 : durationMs(expiresIn),
      })),
      ended: response.endedStreamIds,
      unknown: response.unknownStreamIds,
    };
  }

  async function answer({ renewalId, streamIds, accessToken }: Renewal): Promise<void> {
    const result = await renewHere(servers, streamIds, accessToken);
    const hub = serving();
    if (hub === undefined || result === undefined) {
      return;
    }
    const response = {
      serverId,
      renewalId,
      renewed: result.renewed.map(({ streamId, expiresInMs }) => ({
        streamId,
        expiresIn: durationFromMs(expiresInMs),
      })),
      endedStreamIds: [...result.ended],
      unknownStreamIds: [...result.unknown],
      absentStreamIds: [...result.absent],
      refused: result.isRefused,
    };
    const call = { hub: hub.hub, accessToken: hub.token.token, signal };
    await calls.unary(SignalService.method.answerRenewal, response, call);
  }

  return {
    async renew(streams, by) {
      const ids = streams.map(({ streamId }) => streamId);
      const { isRefused, isTaken: _, absent, ...here } = await renewHere(servers, ids, by.accessToken);
      if (isRefused) {
        throw refuseStrangers();
      }
      const left = new Set(absent);
      // A stream of this process that is open on none of its servers is over.
      const elsewhere = streams.filter(({ streamId, owner }) => left.has(streamId) && owner !== serverId);
      const asked = new Set(elsewhere.map(({ streamId }) => streamId));
      const there =
        elsewhere.length === 0
          ? { renewed: [], ended: [], unknown: [] }
          : await forward(elsewhere, by.accessToken);
      return {
        renewed: [...here.renewed, ...there.renewed],
        ended: [...here.ended, ...there.ended],
        unknown: [...here.unknown, ...absent.filter((id) => !asked.has(id)), ...there.unknown],
      };
    },
    answer(renewal) {
      if (answers >= MAX_ANSWERS) {
        return;
      }
      answers += 1;
      answer(renewal)
        .catch((error: unknown) => {
          // A hub that refuses is a matter for the operator. What passes is not: the client asks again.
          if (!isPassing(error)) {
            onError(error);
          }
        })
        .finally(() => {
          answers -= 1;
        });
    },
  };
}

/** Check whether an error says nothing of the token: it cannot be verified just now, or the hub is gone. */
function isPassing(error: unknown): boolean {
  return isPassingRefusal(error) || (error instanceof SignalsError && error.problem === "unreachable");
}
