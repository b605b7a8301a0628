import { expect, test } from "vitest";
import { createSubscribers } from "../../../server/gate/src/kernel/subscribers.ts";

test("all subscribers of a channel get its messages, and no others", () => {
  const subscribers = createSubscribers();
  const received: string[] = [];
  subscribers.add("a", (message) => received.push(`1 ${message}`));
  subscribers.add("a", (message) => received.push(`2 ${message}`));
  subscribers.add("b", (message) => received.push(`3 ${message}`));
  subscribers.notify("a", "x");
  subscribers.notify("c", "y");
  expect(received).toEqual(["1 x", "2 x"]);
  expect([...subscribers.channels()]).toEqual(["a", "b"]);
});

test("the first subscriber of a channel and the last are told apart from the others", () => {
  const subscribers = createSubscribers();
  const [one, other] = [() => {}, () => {}];
  expect([subscribers.add("a", one), subscribers.add("a", other)]).toEqual([true, false]);
  expect([
    subscribers.remove("a", one),
    subscribers.remove("a", one),
    subscribers.remove("a", other),
  ]).toEqual([false, false, true]);
  expect([...subscribers.channels()]).toEqual([]);
  expect([subscribers.remove("a", other), subscribers.add("a", one)]).toEqual([false, true]);
});
