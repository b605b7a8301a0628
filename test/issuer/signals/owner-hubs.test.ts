import { expect, it } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { collectAnswers } from "../../../server/issuer/src/signals/collect-answers.ts";
import { HUBS_CHANNEL, toHubChannel } from "../../../server/issuer/src/signals/hub-messages.ts";
import {
  type AskForStreams,
  type ForwardedRenewal,
  NO_ANSWERS,
} from "../../../server/issuer/src/signals/renewal-questions.ts";
import { createHubs, JOIN_MS, type RenewHere, toRenewal, WAIT_MS } from "./hubs-on-bus.ts";

/** Ask, and collect what is said. Nothing is too late. */
async function settle({ ask }: { readonly ask: AskForStreams }, renewal: ForwardedRenewal) {
  const named = renewal.streams.map(({ streamId }) => streamId);
  const questions = ask(renewal);
  const outcome = await collectAnswers(named, questions, new Promise(() => undefined));
  for (const { end } of questions) {
    end();
  }
  return outcome;
}

/** The answers of a hub that has all streams. */
const renewAll: RenewHere = async ({ streams }) => ({
  ...NO_ANSWERS,
  renewed: streams.map(({ streamId }) => ({ streamId, expiresInMs: 60_000 })),
});

it("the hub that has answered for an owner is asked alone, and all when the owner watches elsewhere", async () => {
  const { join, bus, clock } = createHubs();
  const at: Record<"second" | "third", RenewHere> = { second: renewAll, third: async () => NO_ANSWERS };
  const first = join();
  const [second, third] = [join((renewal) => at.second(renewal)), join((renewal) => at.third(renewal))];
  const renewal = toRenewal(2);
  const channelsOf = async (): Promise<readonly string[]> => {
    const before = bus.published.length;
    expect((await settle(first, renewal)).renewed).toHaveLength(2);
    await new Promise(setImmediate); // all have answered
    return bus.published.slice(before).map(({ channel }) => channel);
  };
  const [toFirst, toSecond, toThird] = [first, second, third].map(({ hub }) => toHubChannel(hub));
  expect(await channelsOf()).toEqual([HUBS_CHANNEL, toFirst, toFirst]);
  expect(await channelsOf()).toEqual([toSecond, toFirst]);
  // A server of another client may have the same name.
  const before = bus.published.length;
  await settle(first, { ...renewal, clientId: "stranger" });
  expect(bus.published[before]?.channel).toBe(HUBS_CHANNEL);
  Object.assign(at, { second: async () => NO_ANSWERS, third: renewAll });
  expect(await channelsOf()).toEqual([toSecond, toFirst, HUBS_CHANNEL, toFirst, toFirst]);
  expect(await channelsOf()).toEqual([toThird, toFirst]);
  await third.close();
  at.second = renewAll;
  expect(await channelsOf()).toEqual([HUBS_CHANNEL, toFirst]);
  expect(clock.scheduledMs).toEqual([]);
});

it("a hub that is remembered for an owner, and hangs, keeps no renewal from the others", async () => {
  const { join, joinSilent, clock } = createHubs();
  const first = join();
  const silent = joinSilent();
  await silent.greet();
  const renewal = toRenewal();
  const learned = settle(first, renewal);
  const question = silent.received.at(-1)?.slice(0, 22) ?? "";
  await silent.say(
    { hub: silent.hub, kind: "answers", question, answers: await renewAll(renewal) },
    toHubChannel(first.hub),
  );
  expect((await learned).renewed).toHaveLength(1);
  join(renewAll);
  const outcome = settle(first, renewal);
  clock.advance(WAIT_MS / 4);
  expect((await outcome).renewed).toHaveLength(1);
  expect(clock.scheduledMs).toEqual([]);
});

it("a hub that has just started waits for the others to say that they are there, and asks them", async () => {
  const { join, joinSilent, clock } = createHubs();
  const silent = joinSilent();
  const first = join(undefined, true);
  const outcome = settle(first, toRenewal());
  await silent.greet();
  clock.advance(JOIN_MS);
  await new Promise(setImmediate);
  const [, question = ""] = silent.received.filter((text) => text !== "").slice(-2);
  const answers = { ...NO_ANSWERS, refused: true };
  await silent.say({ hub: silent.hub, kind: "answers", question: question.slice(0, 22), answers });
  expect(await outcome).toMatchObject({ refused: true });
  expect(clock.scheduledMs).toEqual([]);
});

it("a hub that starts while the bus is down says that it cannot ask, and is announced once it can be", async () => {
  const { join, bus, clock } = createHubs();
  join(renewAll);
  bus.isDown = true;
  const first = join(undefined, true);
  await expect(settle(first, toRenewal())).rejects.toThrow(AuthError);
  bus.isDown = false;
  const outcome = settle(first, toRenewal());
  clock.advance(JOIN_MS);
  expect((await outcome).renewed).toHaveLength(1);
});

it("hubs on a bus that needs no connection, as that of workers, know each other", async () => {
  const { join, bus } = createHubs();
  const subscribe = bus.subscribe.bind(bus);
  bus.subscribe = (channel, onMessage) =>
    subscribe(channel, (message) => void (message !== "" && onMessage(message)));
  const first = join();
  join(renewAll);
  expect((await settle(first, toRenewal())).renewed).toHaveLength(1);
});
