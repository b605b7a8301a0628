import { randomBytes } from "node:crypto";
import type { BusTest, Clock, MessageBus } from "@countersign/server";
import { repeat } from "@countersign/server/internal";

/** What {@link testBus} needs. */
export interface BusTestOptions {
  readonly clock: Clock;
  /** Receives what came of each test. It must not throw. */
  readonly onTested: (test: BusTest) => void;
}

/** The tests of a bus, which go on. */
export interface BusTests {
  /** Whether the last message came back. False: none has yet, since the bus may have missed some. */
  isDelivering(): boolean;
  /** End them. */
  close(): void;
}

/** How often a message is sent, in milliseconds. */
const EVERY_MS = 60_000;

/** How long a message may take, in milliseconds: as long as a server waits for an answer, and more. */
const WAIT_MS = 5_000;

/**
 * Send messages over a bus to this process: at once, after each time that messages may have been missed, and every minute. A
 * pooler that hands out connections by transaction takes LISTEN and carries no message, and nothing else shows that.
 *
 * @param bus one on which a process gets its own messages
 */
export function testBus(
  bus: Pick<MessageBus, "publish" | "subscribe">,
  { clock, onTested }: BusTestOptions,
): BusTests {
  const channel = `countersign_test_${randomBytes(16).toString("hex")}`;
  let isDelivering = false;
  let sent: { readonly text: string; readonly atMs: number; readonly stopWaiting: () => void } | undefined;

  const settle = (result: BusTest["result"]): void => {
    if (sent !== undefined) {
      const { atMs, stopWaiting } = sent;
      sent = undefined;
      stopWaiting();
      isDelivering = result === "delivered";
      onTested({ result, microseconds: Math.round((clock.monotonicMs() - atMs) * 1_000) });
    }
  };
  const send = (): void => {
    if (sent === undefined) {
      const text = randomBytes(16).toString("base64url");
      sent = { text, atMs: clock.monotonicMs(), stopWaiting: clock.schedule(() => settle("lost"), WAIT_MS) };
      bus.publish(channel, text).catch(() => settle("failed"));
    }
  };
  const subscription = bus.subscribe(channel, (message) => {
    if (message === "") {
      isDelivering = false;
      send();
    } else if (message === sent?.text) {
      settle("delivered");
    }
  });
  const stopSending = repeat(clock, send, EVERY_MS);
  return {
    isDelivering: () => isDelivering,
    close() {
      stopSending();
      sent?.stopWaiting();
      sent = undefined;
      void subscription.close();
    },
  };
}
