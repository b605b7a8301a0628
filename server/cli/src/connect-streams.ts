import {
  answerRenewals,
  createRenewalAsker,
  createSealedWords,
  type RenewalAsker,
} from "@countersign/issuer/internal";
import { createRateLimit, type StreamRegistry } from "@countersign/server";
import type { Backend } from "./open-backend.ts";

/** How many questions, of up to 100 streams each, one account may have the other servers asked. */
const QUESTIONS = { limit: 100, windowMs: 10_000 } as const;

/**
 * Let streams be renewed through any server of those on one store.
 *
 * @param opened closes what this opens
 * @returns who asks the others; undefined when there are none
 */
export function connectStreams(
  { store, secret, clock, log }: Backend,
  streams: StreamRegistry,
  opened: AsyncDisposableStack,
): RenewalAsker | undefined {
  const { bus } = store;
  if (!bus.hasOthers) {
    return undefined;
  }
  const words = createSealedWords({ secret, clock });
  const limit = createRateLimit({
    ...QUESTIONS,
    clock,
    message: "too many renewals of streams on other servers: wait before the next",
  });
  const onError = (err: unknown): void =>
    log.error({ err }, "a stream could not be renewed for another server");
  const answerer = answerRenewals({ bus, words, streams, clock, onError });
  const asker = createRenewalAsker({ bus, words, limit });
  opened.defer(() => answerer.close());
  opened.defer(() => asker.close());
  return asker;
}
