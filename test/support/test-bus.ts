import { AuthError } from "../../server/gate/src/errors/auth-error.ts";
import type { Bus } from "../../server/issuer/src/store/bus.ts";

/** A word as anybody who listens gets it. */
export interface SaidWord {
  readonly channel: string;
  readonly word: string;
}

/** A bus inside one process, with everything that was said on it. */
export interface TestBus extends Bus {
  readonly said: readonly SaidWord[];
  /** Whether it is down: nothing can be said then. */
  isDown: boolean;
}

/** Create a bus. Words arrive as soon as they are said. */
export function createTestBus(): TestBus {
  const ears = new Map<string, Set<(word: string) => void>>();
  const said: SaidWord[] = [];
  return {
    hasOthers: true,
    isDown: false,
    said,
    listen(channel, onWord) {
      const those = ears.get(channel) ?? new Set();
      ears.set(channel, those.add(onWord));
      onWord("");
      return { close: async () => void those.delete(onWord) };
    },
    async say(channel, word) {
      if (this.isDown) throw new AuthError("AUTH_UNAVAILABLE", "the bus is down");
      said.push({ channel, word });
      for (const ear of ears.get(channel) ?? []) ear(word);
    },
  };
}
