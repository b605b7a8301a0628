import { isOwnerId } from "../../streams/owner-id.ts";
import type { ResolvedBusSignalsOptions } from "./bus-options.ts";
import { PEERS_CHANNEL, type PeerMessage, type SentMessage, toPeerChannel } from "./peer-messages.ts";
import { createPeerSeal, type PeerSeal } from "./peer-seal.ts";

/** Sends messages to other servers on a bus, and receives theirs. */
export interface Peers {
  /**
   * Publish a message.
   *
   * @param to one server; undefined: all, also this one
   * @returns false when it is too long for the bus
   * @throws AuthError `AUTH_UNAVAILABLE` when the bus is down
   */
  publish(message: PeerMessage, to?: string): Promise<boolean>;
  /** Begin to receive. */
  start(): void;
  /** End it. */
  close(): Promise<void>;
}

/** What {@link createPeers} needs. */
export interface PeersOptions extends Pick<ResolvedBusSignalsOptions, "bus" | "clock" | "secret"> {
  /** The name of this server. */
  readonly serverId: string;
  /** Receives each message of a server, also those of this one, and whether it came to this server alone. */
  readonly onMessage: (sent: SentMessage, isDirected: boolean) => void;
  /** Called when messages may have been missed. */
  readonly onMissed: () => void;
  /** Called when a message cannot be opened. */
  readonly onForeign: () => void;
}

/** Messages that are being opened. What a stranger publishes beyond that is lost, and what servers do: they tell again. */
const MAX_OPENING = 1_000;

/** A message that revokes something does no harm when it comes again: a flood of others keeps no server from reading it. */
function isRevocation(content: unknown): boolean {
  return (content as SentMessage).message.kind === "revoked"; // sealed: one of ours wrote it
}

/** Create the end of a bus at one server. */
export function createPeers(options: PeersOptions): Peers {
  const { bus, serverId, onMessage, onMissed, onForeign } = options;
  const seal: PeerSeal = createPeerSeal(options);
  let opening = 0;
  let subscriptions: readonly { close(): Promise<void> }[] = [];

  async function open(text: string, isDirected: boolean): Promise<void> {
    const opened = await seal.open(text, isRevocation);
    const sent = opened?.content as SentMessage | undefined; // sealed: one of ours wrote it
    if (sent === undefined || !isOwnerId(sent.from)) {
      onForeign();
    } else {
      onMessage(sent, isDirected);
    }
  }

  const receive = (isDirected: boolean) => (text: string) => {
    if (text === "") {
      onMissed();
    } else if (opening < MAX_OPENING) {
      opening += 1;
      open(text, isDirected)
        .catch(onForeign)
        .finally(() => {
          opening -= 1;
        });
    }
  };

  return {
    async publish(message, to) {
      const sent: SentMessage = { from: serverId, message };
      const text = await seal.seal(sent);
      if (text !== undefined) {
        await bus.publish(to === undefined ? PEERS_CHANNEL : toPeerChannel(to), text);
      }
      return text !== undefined;
    },
    start() {
      // The channel of this server comes first: the others answer there what it asks them over the other one.
      subscriptions = [
        bus.subscribe(toPeerChannel(serverId), receive(true)),
        bus.subscribe(PEERS_CHANNEL, receive(false)),
      ];
    },
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}
