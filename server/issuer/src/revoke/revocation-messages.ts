import { MAX_BUS_MESSAGE_BYTES, type MessageBus, type Subscription } from "@countersign/server";
import type { MessageSealer } from "../keys/message-sealer.ts";
import type { UnwrittenRevocation } from "../store/unwritten-revocations.ts";

const CHANNEL = "countersign_unwritten_revocations";
const PURPOSE = "unwritten-revocations";

/** So many that most messages have room for them. */
const MESSAGE_REVOCATIONS = 16;

/** Publish revocations that are not in the store yet to the other servers, where there are a bus and what seals messages. */
export function publishUnwritten(
  bus: MessageBus | undefined,
  sealer: MessageSealer | undefined,
  revocations: readonly UnwrittenRevocation[],
): void {
  if (bus === undefined || sealer === undefined) {
    return;
  }
  for (let at = 0; at < revocations.length; at += MESSAGE_REVOCATIONS) {
    publishSome(bus, sealer, revocations.slice(at, at + MESSAGE_REVOCATIONS));
  }
}

function publishSome(bus: MessageBus, sealer: MessageSealer, some: readonly UnwrittenRevocation[]): void {
  const { message } = sealer.seal(some, PURPOSE);
  if (Buffer.byteLength(message) <= MAX_BUS_MESSAGE_BYTES) {
    // They are published again in a few seconds: the bus may be down.
    publishMessage(bus, message).catch(() => undefined);
  } else if (some.length > 1) {
    for (const one of some) {
      publishSome(bus, sealer, [one]);
    }
  }
}

/** Rejects also where a bus in JavaScript throws. */
async function publishMessage(bus: MessageBus, message: string): Promise<void> {
  await bus.publish(CHANNEL, message);
}

/** Call back for what other servers publish. */
export function subscribeUnwritten(
  bus: MessageBus,
  sealer: MessageSealer,
  onRevocations: (revocations: readonly UnwrittenRevocation[]) => void,
): Subscription {
  return bus.subscribe(CHANNEL, (message) => {
    const opened = message === "" ? undefined : sealer.openRepeatable(message, PURPOSE);
    if (opened !== undefined) {
      onRevocations(opened.content as readonly UnwrittenRevocation[]); // sealed: one of ours wrote it
    }
  });
}
