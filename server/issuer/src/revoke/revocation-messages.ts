import { type Bus, type Listener, MAX_WORD_BYTES } from "../store/bus.ts";
import type { UnwrittenRevocation } from "../store/unwritten-revocations.ts";

/** Seals what servers tell each other, so that only they can read it and make it. */
export interface MessageSeal {
  seal(content: unknown, purpose: string): { readonly word: string };
  /** @returns undefined when it is not genuine, too old, or was read before */
  open(word: string, purpose: string): { readonly content: unknown } | undefined;
}

const CHANNEL = "countersign_unwritten_revocations";
const PURPOSE = "unwritten-revocations";

/** So many that most messages have room for them. */
const MESSAGE_REVOCATIONS = 16;

/** Tell the other servers of revocations that no store can tell them of yet. */
export function publishUnwritten(
  bus: Bus,
  seal: MessageSeal,
  revocations: readonly UnwrittenRevocation[],
): void {
  for (let at = 0; at < revocations.length; at += MESSAGE_REVOCATIONS) {
    publishSome(bus, seal, revocations.slice(at, at + MESSAGE_REVOCATIONS));
  }
}

function publishSome(bus: Bus, seal: MessageSeal, some: readonly UnwrittenRevocation[]): void {
  const { word } = seal.seal(some, PURPOSE);
  if (Buffer.byteLength(word) <= MAX_WORD_BYTES) {
    // A bus that is down is told again in a few seconds.
    bus.say(CHANNEL, word).catch(() => undefined);
  } else if (some.length > 1) {
    for (const one of some) publishSome(bus, seal, [one]);
  }
}

/** Call back for what other servers tell. */
export function subscribeUnwritten(
  bus: Bus,
  seal: MessageSeal,
  onRevocations: (revocations: readonly UnwrittenRevocation[]) => void,
): Listener {
  return bus.listen(CHANNEL, (word) => {
    const message = word === "" ? undefined : seal.open(word, PURPOSE);
    if (message !== undefined) {
      onRevocations(message.content as readonly UnwrittenRevocation[]); // sealed: one of ours wrote it
    }
  });
}
