import { type Clock, createRateLimit, type MessageBus } from "@countersign/server";
import type { SealedMessages } from "../renewal/sealed-messages.ts";
import {
  HUB_PURPOSE,
  HUBS_CHANNEL,
  type HubMessage,
  type HubPresence,
  toHubChannel,
} from "./hub-messages.ts";
import { createHubQuestions } from "./hub-questions.ts";
import { createJoining } from "./joining.ts";
import { createKnownHubs } from "./known-hubs.ts";
import { findHub } from "./renewal-id.ts";
import {
  type AskForStreams,
  type ForwardedRenewal,
  NO_ANSWERS,
  type RenewalAnswer,
  type StreamAnswers,
} from "./renewal-questions.ts";

/** The hubs of the other issuing servers on a store. */
export interface OtherHubs {
  /** Ask those of them that may have the streams. @throws AuthError `RATE_LIMITED` */
  readonly ask: AskForStreams;
  /** Hand an answer on to the hub that has asked, where it is known. @throws AuthError `AUTH_UNAVAILABLE` when the bus is down */
  relay(answer: RenewalAnswer): Promise<void>;
  /** Publish that this hub is gone, and end its subscriptions. */
  close(): Promise<void>;
}

/** What {@link joinHubs} needs. */
export interface OtherHubsOptions {
  readonly bus: MessageBus;
  readonly messages: SealedMessages;
  /** The name of this hub. */
  readonly hub: string;
  readonly clock: Clock;
  /** How long the others have for an answer, in milliseconds. */
  readonly waitMs: number;
  /** Renew streams at the servers that watch here. */
  readonly renewHere: (renewal: ForwardedRenewal) => Promise<StreamAnswers>;
  /** Take an answer that came to another hub. */
  readonly onAnswer: (answer: RenewalAnswer) => void;
  /** Receives what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/** How many questions, of up to 100 streams each, the holder of one token may have the other hubs asked. */
const QUESTIONS = { limit: 100, windowMs: 10_000 } as const;

/** Join the hubs on a bus. Each answers the questions that it gets, also that it has none of the streams. */
export function joinHubs(options: OtherHubsOptions): OtherHubs {
  const { bus, messages, hub, clock, waitMs, renewHere, onAnswer, onError } = options;
  const known = createKnownHubs(bus, (gone) => questions.lose(gone));
  const limit = createRateLimit({ ...QUESTIONS, clock, message: "too many renewals of streams elsewhere" });
  const publish = async (channel: string, message: string): Promise<void> => bus.publish(channel, message);
  const send = (channel: string, content: HubMessage): Promise<void> =>
    publish(channel, messages.seal(content, HUB_PURPOSE).message);
  const announce = (channel: string, state: HubPresence["state"]): Promise<void> =>
    send(channel, { hub, kind: "presence", state });
  const joining = createJoining(clock, () => announce(HUBS_CHANNEL, "new"));
  const questions = createHubQuestions({ hub, known, joining, messages, publish, limit, clock, waitMs });

  async function respond(question: string, to: string, renewal: ForwardedRenewal): Promise<void> {
    // Where too many of the client's renewals wait, the client opens its streams again.
    const { renewed, endedStreamIds, unknownStreamIds, refused } = await renewHere(renewal).catch(
      () => NO_ANSWERS,
    );
    const answers = { renewed, endedStreamIds, unknownStreamIds, refused };
    await send(toHubChannel(to), { hub, kind: "answers", question, answers });
  }

  function take(id: string, message: HubMessage): void {
    const from = message.hub;
    if (message.kind === "presence" && message.state === "gone") {
      known.forget(from);
      return;
    }
    known.add(from);
    switch (message.kind) {
      case "presence":
        if (message.state === "new") {
          // While the bus is down: when it is back, this hub is announced to all.
          announce(toHubChannel(from), "there").catch(() => undefined);
        }
        return;
      case "question":
        respond(id, from, message.renewal).catch(onError);
        return;
      case "answers":
        questions.take(from, message.question, message.answers);
        return;
      case "relay":
        onAnswer(message.answer);
        return;
      default:
        message satisfies never;
    }
  }

  const receive = (text: string): void => {
    const opened = messages.open(text, HUB_PURPOSE);
    const message = opened?.content as HubMessage | undefined; // sealed: one of ours wrote it
    if (opened !== undefined && message !== undefined && message.hub !== hub) {
      take(opened.id, message);
    }
  };
  const own = bus.subscribe(toHubChannel(hub), receive);
  const common = bus.subscribe(HUBS_CHANNEL, (text) =>
    // The bus may have lost what others announced, and what this hub did.
    text === "" ? joining.begin() : receive(text),
  );
  // A bus that connects says that it is there, and one that needs no connection says nothing.
  if (!joining.hasBegun()) {
    joining.begin();
  }
  return {
    ask: questions.ask,
    async relay(answer) {
      const to = findHub(answer.renewalId);
      if (to !== undefined && known.has(to)) {
        await send(toHubChannel(to), { hub, kind: "relay", answer });
      }
    },
    async close() {
      const leave = announce(HUBS_CHANNEL, "gone").catch(() => undefined);
      await Promise.all([leave, common.close(), own.close()]);
    },
  };
}
