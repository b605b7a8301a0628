import type { Authenticator, RevocationCheck } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Signals } from "../signals/signals.ts";
import {
  type OtherServers,
  type RemoteRenewal,
  type RenewalResult,
  renewStreams,
} from "../streams/renewal.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";

/**
 * What an issuer knows of its tokens after it has granted them: that they are revoked, and which other servers have
 * streams that run on them. `createIssuer` of `@countersign/issuer` hands it out in `issuer.trust`.
 */
export interface IssuerSignals extends RevocationCheck, OtherServers {
  /**
   * The time that it grants tokens by, such as its database's: gates without a clock of their own go by it. Absent: it
   * goes by no other than the machine's.
   */
  readonly clock?: Clock;
  /** Resolves when what has been revoked is known. Until then, `isRevoked` throws. */
  readonly ready: Promise<void>;
  /**
   * Call back for renewals that other servers were asked for.
   *
   * @param listener renews those of the streams that are open here
   * @returns what ends the calls
   */
  onRenew(listener: (streamIds: readonly string[], principal: Principal) => RenewalResult): () => void;
}

/** The signals that a server was given. */
export interface GivenSignals {
  /** Of issuers in this process, or on a database that it has. */
  readonly ofIssuers: readonly IssuerSignals[];
  /** Over the network; undefined: there are none. */
  readonly ofHub: Signals | undefined;
}

/** List what says something of tokens after they were granted. */
export function listSignals({ ofIssuers, ofHub }: GivenSignals): readonly (IssuerSignals | Signals)[] {
  return [...ofIssuers, ...(ofHub === undefined ? [] : [ofHub])];
}

const NOTHING_REVOKED: RevocationCheck = { isRevoked: () => false };

/** Ask several sources what has been revoked: each of them may refuse a token, whichever issuer has granted it. */
export function joinRevocations(sources: readonly RevocationCheck[]): RevocationCheck {
  const [only = NOTHING_REVOKED, ...others] = sources;
  // Every call asks: with one source, there is nothing between the two.
  if (others.length === 0) {
    return only;
  }
  return {
    isRevoked: (principal) => sources.some((source) => source.isRevoked(principal)),
    changesOf(principal) {
      const changes = sources.flatMap((source) => source.changesOf?.(principal) ?? []);
      return changes.length === 0 ? undefined : changes;
    },
    onRevoked(listener) {
      const ends = sources.map((source) => source.onRevoked?.(listener));
      return () => {
        for (const end of ends) {
          end?.();
        }
      };
    },
  };
}

/** Ask the other servers of several issuers in turn, each for what those before it do not have. */
export function joinOtherServers(issuers: readonly OtherServers[]): OtherServers | undefined {
  const [first, ...others] = issuers;
  if (first === undefined || others.length === 0) {
    return first;
  }
  return {
    async renew(streams, by) {
      const unknownOnes = streams.map(({ streamId }) => streamId);
      let result: RemoteRenewal = { renewed: [], ended: [], unknown: unknownOnes };
      for (const issuer of issuers) {
        if (result.unknown.length === 0) {
          break;
        }
        const left = new Set(result.unknown);
        const refs = streams.filter(({ streamId }) => left.has(streamId));
        const { renewed, ended, unknown } = await issuer.renew(refs, by);
        result = {
          renewed: [...result.renewed, ...renewed],
          ended: [...result.ended, ...ended],
          unknown,
        };
      }
      return result;
    },
  };
}

/** A server whose streams are renewed for others. */
interface RenewingServer {
  readonly audience: string;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly signals: GivenSignals;
}

/** Renew the streams of this server that other servers are asked to renew. */
export function renewForOthers(
  { audience, streams, clock, signals }: RenewingServer,
  { authenticate }: Pick<Authenticator, "authenticate">,
): void {
  const renew = (streamIds: readonly string[], principal: Principal): RenewalResult =>
    renewStreams(streams, streamIds, { principal, clock });
  for (const issuer of signals.ofIssuers) {
    issuer.onRenew(renew);
  }
  signals.ofHub?.addServer({
    audience,
    // The token comes from a server that this one need not trust: it is verified as if the call had come here.
    renew: async (streamIds, accessToken) => renew(streamIds, await authenticate(accessToken)),
  });
}

/**
 * Wait until what several sources have revoked is known. Where one of them fails, its calls are refused, and the caller that
 * awaits the promise gets the error. Where no caller awaits it, the rejection ends no process.
 */
export function whenReady(sources: readonly Pick<IssuerSignals, "ready">[]): Promise<void> {
  const ready = Promise.all(sources.map((source) => source.ready)).then(() => undefined);
  ready.catch(() => {});
  return ready;
}
