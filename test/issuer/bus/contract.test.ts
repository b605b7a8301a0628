import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES, type MessageBus } from "../../../server/gate/src/kernel/message-bus.ts";
import { eventually } from "../../support/eventually.ts";
import { installNats } from "../../support/nats.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type BusKind, linkWorkerBuses, startNatsBuses, startPostgresBuses } from "./buses.ts";

const hasNats = installNats();
const need = hasNats ? "" : " (skipped: it needs a NATS server, apt-get install nats-server)";

const BUSES = notEmpty([
  { name: "Postgres", isThere: true, start: startPostgresBuses },
  { name: `NATS${need}`, isThere: hasNats, start: startNatsBuses },
  { name: "workers", isThere: true, start: async () => linkWorkerBuses() },
]);

describe.each(BUSES)("the bus over $name", ({ isThere, start }) => {
  let kind: BusKind;
  beforeAll(async () => {
    if (isThere) {
      kind = await start();
    }
  });
  afterAll(() => kind?.[Symbol.asyncDispose]());

  /** Subscribe with a bus of its own, from when messages are sure to arrive. */
  async function subscribeTo(channel: string) {
    const bus = kind.create();
    const messages: string[] = [];
    const subscription = bus.subscribe(channel, (message) => messages.push(message));
    await publishUntilReceived(channel, messages);
    messages.length = 0;
    return { bus, messages, subscription, [Symbol.asyncDispose]: () => bus.close() };
  }

  /** Publish from another process until the subscriber gets it, and all that was published before it. */
  async function publishUntilReceived(channel: string, messages: readonly string[]): Promise<void> {
    const other = kind.create();
    const probe = `probe ${Math.random()}`;
    await eventually(async () => {
      await other.publish(channel, probe).catch(() => undefined);
      return messages.includes(probe) || undefined;
    });
    // None of them is still on its way.
    const last = `last ${Math.random()}`;
    await other.publish(channel, last);
    await eventually(() => messages.includes(last) || undefined);
    await other.close();
  }

  test.skipIf(!isThere)("carries messages to all subscribers of the channel, in their order", async () => {
    await using one = await subscribeTo("numbers");
    await using two = await subscribeTo("numbers");
    await using other = await subscribeTo("letters");
    const publisher = kind.create();
    await eventually(() => isPublished(publisher, "elsewhere", "first"));
    one.messages.length = 0;
    const published = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    await Promise.all(published.map((message) => publisher.publish("numbers", message)));
    await publisher.publish("letters", "end");
    await eventually(() => other.messages.includes("end") || undefined);
    for (const { messages } of [one, two]) {
      await eventually(() => messages.includes("message 99") || undefined);
      expect(messages.filter((message) => message.startsWith("message"))).toEqual(published);
    }
    expect(other.messages).toEqual(["end"]);
    await publisher.close();
  });

  test.skipIf(!isThere)("carries the longest message that it promises", async () => {
    await using one = await subscribeTo("lengths");
    const longest = "ä".repeat(MAX_BUS_MESSAGE_BYTES / 2 - 1).padEnd(MAX_BUS_MESSAGE_BYTES / 2, "x");
    const publisher = kind.create();
    await eventually(() => isPublished(publisher, "lengths", longest));
    await eventually(() => one.messages.includes(longest) || undefined);
    await publisher.close();
  });

  test.skipIf(!isThere)(
    "gets nothing more on a channel once nobody subscribes to it, and all on the others",
    async () => {
      await using one = await subscribeTo("first");
      const messages: string[] = [];
      one.bus.subscribe("second", (message) => messages.push(message));
      await publishUntilReceived("second", messages);
      await one.subscription.close();
      const publisher = kind.create();
      await eventually(() => isPublished(publisher, "first", "unheard"));
      await publisher.publish("second", "heard");
      await eventually(() => messages.includes("heard") || undefined);
      expect(one.messages).toEqual([]);
      await publisher.close();
    },
  );

  test.skipIf(!isThere)("knows who subscribes to a channel", async () => {
    await using one = await subscribeTo("present");
    const two = await subscribeTo("elsewhere");
    const look = (channel: string) => one.bus.hasSubscriber?.(channel);
    await eventually(async () => (await look("elsewhere")) || undefined);
    expect([await look("present"), await look("elsewhere"), await look("absent")]).toEqual([
      true,
      true,
      false,
    ]);
    // NATS tells who is there, and not how many.
    const count = (channel: string) => one.bus.countSubscribers?.(channel);
    const third = kind.create();
    third.subscribe("elsewhere", () => undefined);
    if (one.bus.countSubscribers !== undefined) {
      await eventually(async () => (await count("elsewhere")) === 2 || undefined);
      expect(await count("absent")).toBe(0);
    }
    await third.close();
    expect([...one.messages, ...two.messages]).toEqual([]);
    await two.subscription.close();
    await two.bus.close();
    await eventually(async () => (await look("elsewhere")) === false || undefined);
  });

  test.skipIf(!isThere)(
    "goes on by itself after an outage, in which it rejects, and says that messages may be missing",
    async () => {
      await using one = await subscribeTo("outages");
      if (kind.stop === undefined || kind.start === undefined) {
        return; // processes that are linked have no outage of their own
      }
      await kind.stop();
      try {
        const error = await eventually(() => errorOf(one.bus.publish("outages", "lost")));
        expect(error).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
        expect(await one.bus.hasSubscriber?.("outages")).toBeUndefined();
      } finally {
        await kind.start();
      }
      await eventually(() => one.messages.includes("") || undefined);
      await eventually(() => isPublished(one.bus, "outages", "back"));
      await eventually(() => one.messages.includes("back") || undefined);
      expect(one.messages.filter((message) => message === "")).toHaveLength(1);
    },
  );
});

async function isPublished(bus: MessageBus, channel: string, message: string): Promise<true | undefined> {
  return (await errorOf(bus.publish(channel, message))) === undefined ? true : undefined;
}

/** What a promise rejects with; undefined: it does not. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
