import { expect, test } from "vitest";
import { type MessageBus, SILENT_BUS } from "../../../server/gate/src/kernel/message-bus.ts";
import { joinBuses } from "../../../server/issuer/src/store/join-buses.ts";
import { openBus } from "../../../server/issuer/src/store/open-bus.ts";
import { createTestBus } from "../../support/test-bus.ts";

test("a message goes out on both buses, and comes in from either", async () => {
  const [own, given] = [createTestBus(), createTestBus()];
  const bus = joinBuses(own, given);
  await bus.publish("news", "a");
  expect([own.published, given.published]).toEqual([
    [{ channel: "news", message: "a" }],
    [{ channel: "news", message: "a" }],
  ]);

  const received: string[] = [];
  const subscription = bus.subscribe("news", (message) => received.push(message));
  await own.publish("news", "b");
  await given.publish("news", "c");
  expect(received.filter((message) => message !== "")).toEqual(["b", "c"]);
  await subscription.close();
  await own.publish("news", "d");
  await given.publish("news", "e");
  expect(received.filter((message) => message !== "")).toEqual(["b", "c"]);
});

test("a bus in the place of the store's has it looked at less often while it delivers", async () => {
  const pollMsOn = async (isDown: boolean) => {
    const given = { ...createTestBus(), reachesAllServers: true, isDown };
    const opened = openBus({ given, createOwn: () => expect.unreachable(), onTested: undefined });
    await opened.close();
    return opened.notifiedPollMs();
  };
  // The first message of the server to itself has come back, or could not be sent.
  expect([await pollMsOn(false), await pollMsOn(true)]).toEqual([1_500, undefined]);
});

test("a bus beside the store's that is down loses messages, and nothing fails", async () => {
  const [own, given] = [createTestBus(), createTestBus()];
  given.isDown = true;
  await joinBuses(own, given).publish("news", "a");
  expect(own.published).toHaveLength(1);
});

test("a bus beside the store's that throws at once is one that is down", async () => {
  const own = createTestBus();
  const given = {
    ...SILENT_BUS,
    publish(): Promise<void> {
      throw new Error("not connected");
    },
  };
  await joinBuses(own, given).publish("news", "a");
  expect(own.published).toHaveLength(1);
});

test("the store's bus that is down is an outage, although the other one carries the message", async () => {
  const [own, given] = [createTestBus(), createTestBus()];
  own.isDown = true;
  await expect(joinBuses(own, given).publish("news", "a")).rejects.toMatchObject({
    reason: "AUTH_UNAVAILABLE",
    message: "the bus is down",
  });
  expect(given.published).toHaveLength(1);
});

test("there are others where either bus has some", () => {
  expect(joinBuses(createTestBus(), SILENT_BUS).hasOthers).toBe(true);
  expect(joinBuses(SILENT_BUS, createTestBus()).hasOthers).toBe(true);
  expect(joinBuses(SILENT_BUS, SILENT_BUS).hasOthers).toBe(false);
});

test("a channel has subscribers where one bus has some, and none where both say so", async () => {
  const [own, given] = [createTestBus(), createTestBus()];
  given.subscribe("news", () => undefined);
  const unsure = { ...createTestBus(), hasSubscriber: async () => undefined };
  const { hasSubscriber: _, ...mute } = createTestBus();
  const found = async (bus: MessageBus) => joinBuses(own, bus).hasSubscriber?.("news");
  expect(await Promise.all([given, createTestBus(), SILENT_BUS, unsure, mute].map(found))).toEqual([
    true,
    false,
    false,
    undefined,
    undefined,
  ]);
});

test("as many processes answer as the bus reaches that reaches more of them", async () => {
  const of = (count: number | undefined): MessageBus => ({
    ...SILENT_BUS,
    countSubscribers: async () => count,
  });
  const broken = { ...of(9), countSubscribers: () => Promise.reject(new Error("not connected")) };
  const { hasSubscriber: _, ...mute } = createTestBus();
  const counted = async (own: MessageBus, given: MessageBus) =>
    joinBuses(own, given).countSubscribers?.("news");
  const counts = [of(3), of(2), SILENT_BUS, mute, broken].map((given) => counted(of(2), given));
  expect(await Promise.all(counts)).toEqual([3, 2, 2, 2, 2]);
  // Nothing is known of those that only the store's bus reaches.
  expect(await counted(of(undefined), of(3))).toBeUndefined();
});
