import { expect, it } from "vitest";
import { createRenewalId } from "../../../server/issuer/src/signals/renewal-id.ts";
import { type ForwardedRenewal, NO_ANSWERS } from "../../../server/issuer/src/signals/renewal-questions.ts";
import { createHubs, toRenewal, WAIT_MS } from "./hubs-on-bus.ts";
import { createServerId } from "./signal-server.ts";

it("a hub that is alone asks none", () => {
  const { join, bus } = createHubs();
  const { ask } = join();
  expect(ask(toRenewal())).toEqual([]);
  expect(bus.published).toHaveLength(1);
});

it("a hub that hangs has its time, is left out after that, and counts again once it says something", async () => {
  const { join, joinSilent, clock } = createHubs();
  const { ask } = join();
  const silent = joinSilent();
  await silent.greet();
  const [question] = ask(toRenewal());
  clock.advance(WAIT_MS);
  expect(await question?.answers).toEqual(NO_ANSWERS);
  expect(ask(toRenewal())).toEqual([]);
  await silent.greet();
  expect(ask(toRenewal())).toHaveLength(1);
});

it("what is waited for no more leaves no timer behind", async () => {
  const { join, clock } = createHubs();
  const { ask } = join();
  join();
  const questions = ask(toRenewal());
  expect(clock.scheduledMs).toHaveLength(2);
  await Promise.all(questions.map(({ answers }) => answers));
  for (const { end } of questions) {
    end();
  }
  expect(clock.scheduledMs).toEqual([]);
});

it("many streams go in as many messages as they take, and a token that fits into none is not sent", async () => {
  const { join, bus } = createHubs();
  const asked: ForwardedRenewal[] = [];
  const { ask } = join();
  join(async (renewal) => {
    asked.push(renewal);
    return NO_ANSWERS;
  });
  const longest = Array.from({ length: 320 }, createServerId).join("");
  for (const token of ["", longest.slice(0, 1_000), longest.slice(0, 6_000)]) {
    const renewal = toRenewal(250, token);
    const named = renewal.streams.map(({ streamId }) => streamId);
    asked.length = 0;
    const questions = ask(renewal);
    expect(questions.flatMap(({ streamIds }) => streamIds)).toEqual(named);
    await Promise.all(questions.map(({ answers }) => answers));
    expect(asked.flatMap(({ streams }) => streams)).toEqual(renewal.streams);
  }
  const before = bus.published.length;
  expect(ask(toRenewal(1, longest.slice(0, 6_900)))).toEqual([]);
  expect(bus.published).toHaveLength(before);
});

it("the holder of one token has the others asked so often", async () => {
  const { join, clock } = createHubs();
  const { ask } = join();
  join();
  const questions = Array.from({ length: 100 }, () => ask(toRenewal())).flat();
  await Promise.all(questions.map(({ answers }) => answers));
  expect(() => ask(toRenewal())).toThrow("too many renewals of streams elsewhere");
  const others = ask(toRenewal(1, "another token"));
  await Promise.all(others.map(({ answers }) => answers));
  clock.advance(10_000);
  expect(ask(toRenewal())).toHaveLength(1);
});

it("an answer is handed on to a hub that is known, and to no other", async () => {
  const { join, bus } = createHubs();
  const [first, second] = [join(), join()];
  const answer = { ...NO_ANSWERS, clientId: "billing", serverId: createServerId() };
  await first.relay({ ...answer, renewalId: createRenewalId(second.hub) });
  expect(second.answers).toHaveLength(1);
  const before = bus.published.length;
  await first.relay({ ...answer, renewalId: createRenewalId(createServerId()) });
  expect(bus.published).toHaveLength(before);
});

it("a hub takes no message twice, nor one that is not sealed with the secret", async () => {
  const { join, bus, errors } = createHubs();
  const [first, second] = [join(), join()];
  const answer = { ...NO_ANSWERS, clientId: "billing", serverId: createServerId() };
  await first.relay({ ...answer, renewalId: createRenewalId(second.hub) });
  const { channel, message } = bus.published.at(-1) ?? { channel: "", message: "" };
  await bus.publish(channel, message);
  await bus.publish(channel, `${createServerId()}.${message.slice(23)}`);
  await bus.publish(channel, "no message");
  expect([second.answers.length, errors]).toEqual([1, []]);
});

it("a hub whose servers cannot be asked says that it has nothing", async () => {
  const { join } = createHubs();
  const { ask } = join();
  join(() => Promise.reject(new Error("too many")));
  expect(await ask(toRenewal())[0]?.answers).toEqual(NO_ANSWERS);
});
