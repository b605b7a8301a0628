import type { ForwardedRenewal, RenewalAnswer, StreamAnswers } from "./renewal-questions.ts";

/** The channel of what is for all hubs, which are the issuing servers on a store. */
export const HUBS_CHANNEL = "countersign_hubs";

/** Name the channel of one hub. @param hub its name, 128 bits in base64url */
export function toHubChannel(hub: string): string {
  return `${HUBS_CHANNEL}_${Buffer.from(hub, "base64url").toString("hex")}`;
}

/** What messages are about. Their form has a number: servers of different versions may run side by side. */
export const HUB_PURPOSE = "hub message 1";

/** What hubs say to each other. It is sealed: a question has a token. */
export type HubMessage = {
  /** The hub that says it. */
  readonly hub: string;
} & (
  | HubPresence
  | { readonly kind: "question"; readonly renewal: ForwardedRenewal }
  | {
      readonly kind: "answers";
      /** The identifier of the message with the question. */
      readonly question: string;
      readonly answers: StreamAnswers;
    }
  /** A server's answer that came to another hub than the one that had asked. */
  | { readonly kind: "relay"; readonly answer: RenewalAnswer }
);

/** Whether a hub is there. One that is new wants to know which others are. */
export interface HubPresence {
  readonly kind: "presence";
  readonly state: "new" | "there" | "gone";
}
