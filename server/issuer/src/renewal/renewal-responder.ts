import type { MessageBus, Principal, Subscription } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { RenewalResult } from "@countersign/server/internal";
import {
  fromPrincipalRecord,
  RENEWAL_CHANNEL,
  RENEWAL_PURPOSE,
  type RenewalRequest,
  type RenewalResponse,
} from "./renewal-messages.ts";
import type { SealedMessages } from "./sealed-messages.ts";

/** What {@link respondToRenewals} needs. */
export interface RenewalResponderOptions {
  readonly bus: MessageBus;
  readonly messages: SealedMessages;
  /** Renews those of the streams that are open on this server. */
  readonly renew: (streamIds: readonly string[], principal: Principal) => RenewalResult;
  /** Receives what was not to be expected. */
  readonly onError: (error: unknown) => void;
}

/**
 * Renew streams of this server that other servers were asked to renew. They have verified the token; whether it may
 * go on with the stream is decided here, just as if the call had come here.
 */
export function respondToRenewals({ bus, messages, renew, onError }: RenewalResponderOptions): Subscription {
  async function respond({ id, content }: { readonly id: string; readonly content: unknown }): Promise<void> {
    const { streamIds, principal, answerTo } = content as RenewalRequest; // sealed: one of ours wrote it
    const result = renewOrRefuse(() => renew(streamIds, fromPrincipalRecord(principal)));
    const { renewed, ended, unknown, isRefused } = result;
    if (!isRefused && renewed.length + ended.length + unknown.length === 0) {
      return;
    }
    const response: RenewalResponse = { question: id, renewed, ended, unknown, isRefused };
    await bus.publish(answerTo, messages.seal(response, RENEWAL_PURPOSE.answer).message);
  }
  return bus.subscribe(RENEWAL_CHANNEL, (message) => {
    const request = messages.open(message, RENEWAL_PURPOSE.question);
    if (request !== undefined) {
      respond(request).catch(onError);
    }
  });
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
