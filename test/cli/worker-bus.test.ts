import { expect, test } from "vitest";
import { createWorkerBus, type WorkerBus } from "../../server/cli/src/workers/worker-bus.ts";
import { createRateLimit } from "../../server/gate/src/authenticate/rate-limit.ts";
import { shareRateLimit } from "../../server/issuer/src/credentials/share-rate-limit.ts";
import { eventually } from "../support/eventually.ts";
import { createWallClock } from "../support/test-clock.ts";

/** Two buses, each of which sends to the other. */
function connect(): { one: WorkerBus; other: WorkerBus; sent: (readonly string[])[] } {
  const sent: (readonly string[])[] = [];
  const one: WorkerBus = createWorkerBus((channel, words) => {
    sent.push(words);
    other.receive(channel, words);
  });
  const other: WorkerBus = createWorkerBus((channel, words) => one.receive(channel, words));
  return { one, other, sent };
}

test("a word reaches all who listen at the other process, and nobody at one's own", async () => {
  const { one, other } = connect();
  const heard: string[] = [];
  one.listen("news", (word) => heard.push(`own ${word}`));
  other.listen("news", (word) => heard.push(`first ${word}`));
  other.listen("news", (word) => heard.push(`second ${word}`));
  other.listen("gossip", (word) => heard.push(`gossip ${word}`));
  await one.say("news", "a");
  await eventually(() => (heard.length >= 2 ? true : undefined));
  expect(heard).toEqual(["first a", "second a"]);
});

test("who has stopped listening hears nothing more", async () => {
  const { one, other } = connect();
  const heard: string[] = [];
  const ear = other.listen("news", (word) => heard.push(word));
  await ear.close();
  other.listen("news", () => heard.push("still there"));
  await one.say("news", "a");
  await eventually(() => (heard.length > 0 ? true : undefined));
  expect(heard).toEqual(["still there"]);
});

test("a burst goes as one message, and no more of it than there is room for", async () => {
  const { one, sent } = connect();
  for (let count = 0; count < 6_000; count += 1) await one.say("news", String(count));
  await eventually(() => (sent.length > 0 ? true : undefined));
  expect(sent.map((words) => words.length)).toEqual([5_000]);
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
  for (const limit of limits) expect(() => limit.assertAllowed("ada")).not.toThrow();
});

function isRefused(act: () => void): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}
