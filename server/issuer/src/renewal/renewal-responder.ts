import type { MessageBus, Principal, Subscription } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { findOwnerId, type RenewalResult } from "@countersign/server/internal";
import {
  fromPrincipalRecord,
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalRequest,
  type RenewalResponse,
  toOwnerChannel,
} from "./renewal-messages.ts";
import type { OpenedMessage, SealedMessages } from "./sealed-messages.ts";

/** What {@link respondToRenewals} needs. */
export interface RenewalResponderOptions {
  readonly bus: MessageBus;
  readonly messages: SealedMessages;
  /** The name of this process, by which it is asked alone. Default: that of its streams. */
  readonly owner?: string;
  /** Renews those of the streams that are open on this server. */
  readonly renew: (streamIds: readonly string[], principal: Principal) => RenewalResult;
  /** Receives what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/**
 * Renew streams of this server that other servers were asked to renew. They have verified the token; whether it may
 * go on with the stream is decided here, just as if the call had come here.
 *
 * A request has a response in any case, by which the requesting server knows when all have responded. A request of this
 * process has one only where some of the streams are here after all.
 */
export function respondToRenewals(options: RenewalResponderOptions): Subscription {
  const { bus, messages, owner = findOwnerId(), renew, onError } = options;

  async function respond({ id, content }: OpenedMessage): Promise<void> {
    const { streamIds, principal, answerTo } = content as RenewalRequest; // sealed: one of ours wrote it
    const { renewed, ended, unknown, isRefused } = renewOrRefuse(() =>
      renew(streamIds, fromPrincipalRecord(principal)),
    );
    const isOwn = answerTo === toOwnerChannel(owner);
    if (isOwn && !isRefused && renewed.length + ended.length + unknown.length === 0) {
      return;
    }
    const response: RenewalResponse = { server: owner, question: id, renewed, ended, unknown, isRefused };
    await bus.publish(answerTo, messages.seal(response, RENEWAL_PURPOSE.answer).message);
  }

  function subscribe(channel: string): Subscription {
    return bus.subscribe(channel, (message) => {
      const request = messages.open(message, RENEWAL_PURPOSE.question);
      if (request !== undefined) {
        respond(request).catch(onError);
      }
    });
  }

  const subscriptions = [subscribe(RENEWAL_CHANNEL), subscribe(toOwnerChannel(owner))];
  return {
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

function renewOrRefuse(renew: () => RenewalResult): Omit<RenewalResponse, "question"> {
  try {
    const { renewed, ended, unknown } = renew();
    return { renewed, ended, unknown, isRefused: false };
  } catch (error) {
    if (error instanceof AuthError && error.reason === "POLICY_DENIED") {
      return { renewed: [], ended: [], unknown: [], isRefused: true };
    }
    throw error;
  }
}
