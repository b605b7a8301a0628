import type { MessageBus, Principal, Subscription } from "@countersign/server";
import { AuthError } from "@countersign/server";
import { type AbsenceLimit, findOwnerId, type RenewalResult } from "@countersign/server/internal";
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
  /** Limits how often it says that it has none of the streams. */
  readonly mayDeny: AbsenceLimit;
  /** Receives what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/**
 * Renew streams of this server that other servers were asked to renew. They have verified the token; whether it may
 * go on with the stream is decided here, just as if the call had come here.
 *
 * A request has a response also from a server that has none of the streams, so that the requesting server knows when all have
 * responded. That server itself, which has looked already, responds only where some are here after all.
 */
export function respondToRenewals(options: RenewalResponderOptions): Subscription {
  const { bus, messages, owner = findOwnerId(), renew, mayDeny, onError } = options;

  async function respond({ id, content }: OpenedMessage, isDirected: boolean): Promise<void> {
    const { streamIds, principal, answerTo } = content as RenewalRequest; // sealed: one of ours wrote it
    const { renewed, ended, unknown, isRefused } = renewOrRefuse(() =>
      renew(streamIds, fromPrincipalRecord(principal)),
    );
    const isConcerned = isDirected || isRefused || renewed.length + ended.length + unknown.length > 0;
    if (!isConcerned && (answerTo === toOwnerChannel(owner) || !mayDeny())) {
      return;
    }
    const response: RenewalResponse = { server: owner, question: id, renewed, ended, unknown, isRefused };
    await bus.publish(answerTo, messages.seal(response, RENEWAL_PURPOSE.answer).message);
  }

  function subscribe(channel: string, isDirected: boolean): Subscription {
    return bus.subscribe(channel, (message) => {
      const request = messages.open(message, RENEWAL_PURPOSE.question);
      if (request !== undefined) {
        respond(request, isDirected).catch(onError);
      }
    });
  }

  const subscriptions = [subscribe(RENEWAL_CHANNEL, false), subscribe(toOwnerChannel(owner), true)];
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
