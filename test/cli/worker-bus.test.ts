import { expect, test } from "vitest";
import { createWorkerBus, type WorkerBus } from "../../server/cli/src/workers/worker-bus.ts";
import { createRateLimit } from "../../server/gate/src/kernel/rate-limit.ts";
import { shareRateLimit } from "../../server/issuer/src/credentials/sign-in-attempts.ts";
import { eventually } from "../support/eventually.ts";
import { createWallClock } from "../support/test-clock.ts";

/** Two buses, each of which sends to the other. */
function connect(): { one: WorkerBus; other: WorkerBus; sent: (readonly string[])[]; announced: string[] } {
  const sent: (readonly string[])[] = [];
  const announced: string[] = [];
  const links = {
    announce: (channel: string, isSubscribed: boolean) => void announced.push(`${channel} ${isSubscribed}`),
    countSubscribers: async (channel: string) => announced.filter((one) => one === `${channel} true`).length,
  };
  const one: WorkerBus = createWorkerBus({
    ...links,
    send(channel, messages) {
      sent.push(messages);
      other.receive(channel, messages);
    },
  });
  const send = (channel: string, messages: readonly string[]): void => one.receive(channel, messages);
  const other: WorkerBus = createWorkerBus({ ...links, send });
  return { one, other, sent, announced };
}

test("a message reaches all who listen at the other process, and nobody at one's own", async () => {
  const { one, other } = connect();
  const heard: string[] = [];
  one.subscribe("news", (message) => heard.push(`own ${message}`));
  other.subscribe("news", (message) => heard.push(`first ${message}`));
  other.subscribe("news", (message) => heard.push(`second ${message}`));
  other.subscribe("gossip", (message) => heard.push(`gossip ${message}`));
  await one.publish("news", "a");
  await eventually(() => (heard.length >= 2 ? true : undefined));
  expect(heard).toEqual(["first a", "second a"]);
});

test("a subscription that is closed gets nothing more", async () => {
  const { one, other } = connect();
  const heard: string[] = [];
  const ear = other.subscribe("news", (message) => heard.push(message));
  await ear.close();
  other.subscribe("news", () => heard.push("still there"));
  await one.publish("news", "a");
  await eventually(() => (heard.length > 0 ? true : undefined));
  expect(heard).toEqual(["still there"]);
});

test("a channel is announced with its first subscription and its last, and looked up where all are known", async () => {
  const { one, other, announced } = connect();
  const subscriptions = [other.subscribe("news", () => undefined), other.subscribe("news", () => undefined)];
  expect(await one.hasSubscriber?.("news")).toBe(true);
  expect(await one.countSubscribers?.("news")).toBe(1);
  expect(await one.hasSubscriber?.("gossip")).toBe(false);
  await Promise.all(subscriptions.map((subscription) => subscription.close()));
  expect(announced).toEqual(["news true", "news false"]);
});

test("a burst goes as one message, and no more of it than there is room for", async () => {
  const { one, sent } = connect();
  for (let count = 0; count < 6_000; count += 1) {
    await one.publish("news", String(count));
  }
  await eventually(() => (sent.length > 0 ? true : undefined));
  expect(sent.map((messages) => messages.length)).toEqual([5_000]);
});

test("what is counted at one process counts at the other, once", async () => {
  const { one, other } = connect();
  const clock = createWallClock();
  const options = { limit: 2, windowMs: 1_000, clock, message: "too many" };
  const limits = [one, other].map((bus) => shareRateLimit(createRateLimit(options), bus, "limit"));
  limits[0]?.take("ada");
  limits[1]?.take("ada");
  await eventually(() => isRefused(() => limits[0]?.assertAllowed("ada")) || undefined);
  await eventually(() => isRefused(() => limits[1]?.assertAllowed("ada")) || undefined);
  clock.advance(500);
  for (const limit of limits) {
    expect(() => limit.assertAllowed("ada")).not.toThrow();
  }
});

function isRefused(act: () => void): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}
