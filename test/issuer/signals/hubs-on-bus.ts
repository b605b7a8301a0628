import { createSealedMessages } from "../../../server/issuer/src/renewal/sealed-messages.ts";
import {
  HUB_PURPOSE,
  HUBS_CHANNEL,
  type HubMessage,
  toHubChannel,
} from "../../../server/issuer/src/signals/hub-messages.ts";
import { joinHubs } from "../../../server/issuer/src/signals/other-hubs.ts";
import {
  type ForwardedRenewal,
  NO_ANSWERS,
  type RenewalAnswer,
  type StreamAnswers,
} from "../../../server/issuer/src/signals/renewal-questions.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { createServerId } from "./signal-server.ts";

/** How long the others have for an answer. */
export const WAIT_MS = 1_000;

/** For so long a hub that is new waits for others to say that they are there. */
export const JOIN_MS = 250;

/** Renews at the servers that watch at a hub. */
export type RenewHere = (renewal: ForwardedRenewal) => Promise<StreamAnswers>;

/** Hubs on a bus. */
export function createHubs() {
  const bus = createTestBus();
  const clock = createTestClock();
  const secret = new Uint8Array(32);
  const errors: unknown[] = [];
  return {
    bus,
    clock,
    errors,
    join(renewHere: RenewHere = async () => NO_ANSWERS, isNew = false) {
      const hub = createServerId();
      const answers: RenewalAnswer[] = [];
      const hubs = joinHubs({
        ...{ bus, clock, hub, renewHere, waitMs: WAIT_MS },
        messages: createSealedMessages({ secret, clock }),
        onAnswer: (answer) => void answers.push(answer),
        onError: (error) => void errors.push(error),
      });
      clock.advance(isNew ? 0 : JOIN_MS);
      return { ...hubs, hub, answers };
    },
    /** A hub that hangs, and says what it is told to. */
    joinSilent() {
      const hub = createServerId();
      const messages = createSealedMessages({ secret, clock });
      const received: string[] = [];
      bus.subscribe(toHubChannel(hub), (message) => void received.push(message));
      bus.subscribe(HUBS_CHANNEL, (message) => void received.push(message));
      const say = (content: HubMessage, channel = HUBS_CHANNEL) =>
        bus.publish(channel, messages.seal(content, HUB_PURPOSE).message);
      return { hub, received, say, greet: () => say({ hub, kind: "presence", state: "there" }) };
    },
  };
}

/** A renewal of streams, each of an owner of its own. */
export const toRenewal = (streams = 1, accessToken = "token"): ForwardedRenewal => ({
  ...{ clientId: "billing", audience: "billing", serverId: createServerId(), accessToken },
  streams: Array.from({ length: streams }, () => ({ streamId: createServerId(), owner: createServerId() })),
});
