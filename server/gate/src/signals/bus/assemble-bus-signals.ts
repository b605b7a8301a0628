import { createAbsenceLimit } from "../../streams/absence-limit.ts";
import type { SignalledServer } from "../signals.ts";
import { answerRenewals } from "./answer-renewals.ts";
import { type BusLiveness, createBusLiveness } from "./bus-liveness.ts";
import type { ResolvedBusSignalsOptions } from "./bus-options.ts";
import { createKnowledge, type Knowledge } from "./knowledge.ts";
import { createKnownPeers } from "./known-peers.ts";
import { createPeerRenewals, type PeerRenewals } from "./peer-renewals.ts";
import { createPeers, type Peers } from "./peers.ts";

/** The parts of signals over a bus, put together. */
export interface BusSignalsParts {
  readonly peers: Peers;
  readonly knowledge: Knowledge;
  readonly renewals: PeerRenewals;
  readonly liveness: BusLiveness;
}

/** Who needs signals over a bus. */
export interface BusSignalsUse {
  /** The name of this server. */
  readonly serverId: string;
  /** The servers of this process. */
  readonly servers: ReadonlySet<SignalledServer>;
  /** Called whenever all is known. */
  readonly onKnown: () => void;
}

/** Put the parts of signals over a bus together. */
export function assembleBusSignals(
  { bus, secret, clock, onError }: ResolvedBusSignalsOptions,
  { serverId, servers, onKnown }: BusSignalsUse,
): BusSignalsParts {
  const liveness = createBusLiveness(clock, onError);
  const known = createKnownPeers(clock);
  const peers = createPeers({
    bus,
    secret,
    clock,
    serverId,
    onMissed() {
      known.missed();
      knowledge.catchUp();
    },
    onForeign: () => liveness.foreign(),
    onMessage({ from, message }, isDirected) {
      if (from !== serverId) {
        known.received(from);
      }
      if (message.kind === "renewed") {
        renewals.take(from, message);
      } else if (message.kind !== "renew") {
        knowledge.take(from, message);
      } else if (from !== serverId) {
        answer(from, message, isDirected);
      }
    },
  });
  const publish: Peers["publish"] = (message, to) => peers.publish(message, to);
  const answer = answerRenewals({ servers, publish, mayDeny: createAbsenceLimit(clock), onError });
  const renewals = createPeerRenewals({ serverId, servers, known, bus, publish, clock });
  const knowledge = createKnowledge({
    serverId,
    publish,
    clock,
    onError,
    onKnown(sentAtMs) {
      liveness.alive(sentAtMs);
      onKnown();
    },
  });
  return { peers, knowledge, renewals, liveness };
}
