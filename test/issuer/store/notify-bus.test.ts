import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_BUS_MESSAGE_BYTES } from "../../../server/gate/src/kernel/message-bus.ts";
import type { BusTest } from "../../../server/gate/src/kernel/observe.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { createNotifyBus, type NotifyBusOptions } from "../../../server/issuer/src/store/notify-bus.ts";
import { REVOCATION_CHANNEL } from "../../../server/issuer/src/store/revocation-hints.ts";
import { type NewRevocation, writeRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";

let postgres: TestPostgres;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Listen, from when messages are sure to arrive. */
async function listenOn(channel: string, options?: NotifyBusOptions) {
  const bus = createNotifyBus(url, options);
  const messages: string[] = [];
  const listener = bus.subscribe(channel, (message) => messages.push(message));
  await eventually(() => messages.includes("") || undefined);
  return { bus, messages, listener, [Symbol.asyncDispose]: () => bus.close() };
}

describe("the bus over Postgres", () => {
  test("carries messages to all who listen on the channel, in their order", async () => {
    await using one = await listenOn("numbers");
    await using two = await listenOn("numbers");
    await using other = await listenOn("letters");
    const published = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    await Promise.all(published.map((message) => one.bus.publish("numbers", message)));
    await other.bus.publish("letters", "end");
    await eventually(() => other.messages.includes("end") || undefined);
    await eventually(() => two.messages.length === 101 || undefined);
    expect([one.messages, two.messages]).toEqual([
      ["", ...published],
      ["", ...published],
    ]);
    expect(other.messages).toEqual(["", "end"]);
  });

  test("carries the longest message that it promises, and refuses a longer one without harm", async () => {
    await using one = await listenOn("lengths");
    expect(() => one.bus.publish("lengths", "x".repeat(MAX_BUS_MESSAGE_BYTES + 1))).toThrow(
      `a message has at most ${MAX_BUS_MESSAGE_BYTES} bytes`,
    );
    await one.bus.publish("lengths", "x".repeat(MAX_BUS_MESSAGE_BYTES));
    await eventually(() => one.messages.includes("x".repeat(MAX_BUS_MESSAGE_BYTES)) || undefined);
  });

  test("goes on by itself after the connection was cut, and says that messages may have been missed", async () => {
    await using one = await listenOn("cuts");
    await postgres.cutConnections();
    await eventually(() => one.messages.length === 2 || undefined);
    await eventually(() =>
      one.bus.publish("cuts", "again").then(
        () => true,
        () => undefined,
      ),
    );
    await eventually(() => one.messages.includes("again") || undefined);
    expect(one.messages.slice(0, 2)).toEqual(["", ""]);
  });

  test("sends a message to itself when it listens, and knows who else does", async () => {
    const tests: BusTest[] = [];
    const onTested = (result: BusTest): void => void tests.push(result);
    await using one = await listenOn("present", { onTested, settledMs: 0 });
    await eventually(() => tests.length > 0 || undefined);
    expect(tests).toEqual([{ result: "delivered", microseconds: expect.any(Number) }]);
    expect([await one.bus.hasSubscriber?.("present"), await one.bus.hasSubscriber?.("absent")]).toEqual([
      true,
      false,
    ]);
    const two = await listenOn("elsewhere");
    expect(await one.bus.hasSubscriber?.("elsewhere")).toBe(true);
    // It was opened just now, and others may not be back yet.
    expect(await two.bus.hasSubscriber?.("absent")).toBeUndefined();
    await two.bus.close();
    await eventually(async () => (await one.bus.hasSubscriber?.("elsewhere")) === false || undefined);
  });

  test("carries a message without a subscriber of its own, and closes when it is on its way", async () => {
    await using one = await listenOn("late");
    const bus = createNotifyBus(url);
    bus.publish("late", "last words").catch(() => undefined);
    await bus.close();
    await eventually(() => one.messages.includes("last words") || undefined);
    await expect(bus.publish("late", "later")).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
  });

  test("takes only names that need no quoting", () => {
    const bus = createNotifyBus(url);
    for (const name of ["", 'a"; DROP TABLE notes; --', "Upper", "x".repeat(64)]) {
      expect(() => bus.subscribe(name, () => undefined)).toThrow(TypeError);
      expect(() => bus.publish(name, "message")).toThrow(TypeError);
    }
  });
});

test("a server that is killed right behind a commit has asked the others to look, and one that rolls back has not", async () => {
  await using store = await openDatabase({ postgres: url });
  await using other = await listenOn(REVOCATION_CHANNEL);
  const revocation: NewRevocation = {
    ...{ dimension: "sid", value: "session", beforeMs: undefined },
    ...{ revokedAtMs: Date.now(), reason: "signed_out" },
  };
  /** Do what is up to the commit, and nothing of what follows. */
  const writeAnd = (end: () => void) =>
    store.db.transaction().execute(async (trx) => {
      await writeRevocations(trx, store.dialect, [revocation, { ...revocation, value: "another" }]);
      end();
    });
  const rollBack = writeAnd(() => {
    throw new Error("rolled back");
  });
  await expect(rollBack).rejects.toThrow("rolled back");
  await writeAnd(() => undefined);
  // Postgres delivers in the order of the commits: what comes before this is all that there was.
  await other.bus.publish(REVOCATION_CHANNEL, "end");
  await eventually(() => other.messages.includes("end") || undefined);
  expect(other.messages).toEqual(["", "", "end"]);
});
