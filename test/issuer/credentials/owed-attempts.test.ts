import { describe, expect, it } from "vitest";
import type { Clock } from "../../../server/gate/src/kernel/clock.ts";
import { type MessageBus, SILENT_BUS } from "../../../server/gate/src/kernel/message-bus.ts";
import { createOwedAttempts } from "../../../server/issuer/src/credentials/owed-attempts.ts";
import { digestUsername } from "../../../server/issuer/src/credentials/username.ts";
import { createSealedMessages } from "../../../server/issuer/src/renewal/sealed-messages.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createTestClock } from "../../support/test-clock.ts";

const bucket = digestUsername("ada");
const home = { address: "192.0.2.1", bucket };
const evil = { address: "198.51.100.1", bucket };

const sealerOf = (byte: number, clock: Clock) =>
  createSealedMessages({ secret: new Uint8Array(32).fill(byte), clock });

function start(bus: MessageBus = createTestBus(), clock = createTestClock()) {
  const opened = new AsyncDisposableStack();
  const sealer = sealerOf(7, clock);
  return { bus, clock, owed: createOwedAttempts({ clock, bus, sealer }, opened), opened };
}

describe("owed attempts", () => {
  it("are due when the time has come that an address was told first, however often it asks", () => {
    const { clock, owed } = start();
    expect(owed.owe(home, 300_000)).toBe(300_000);
    clock.advance(200_000);
    expect(owed.owe(home, 300_000)).toBe(100_000);
    expect(owed.isDue(home)).toBe(false);
    expect(owed.take(home)).toBe(false);
    clock.advance(100_000);
    expect(owed.isDue(home)).toBe(true);
    expect(owed.isDue(evil)).toBe(false);
  });

  it("are good once", () => {
    const { clock, owed } = start();
    owed.owe(home, 1_000);
    clock.advance(1_000);
    expect([owed.take(home), owed.take(home), owed.isDue(home)]).toEqual([true, false, false]);
    expect(owed.owe(home, 2_000)).toBe(2_000);
  });

  it("are forgotten a quarter of an hour after they were due", () => {
    const { clock, owed } = start();
    owed.owe(home, 1_000);
    clock.advance(900_999);
    expect(owed.isDue(home)).toBe(true);
    clock.advance(1);
    expect(owed.isDue(home)).toBe(false);
    expect(owed.owe(home, 5_000)).toBe(5_000);
  });

  it("are for eight accounts of an address, and for 20,000 addresses, and those go that were told first", () => {
    const { clock, owed } = start(SILENT_BUS);
    const isOwed = (address: string, name: string) =>
      owed.owe({ address, bucket: digestUsername(name) }, 300_000) < 300_000;
    for (let n = 0; n < 9; n++) {
      owed.owe({ address: "busy", bucket: digestUsername(`account-${n}`) }, 300_000);
    }
    owed.owe(home, 300_000);
    for (let n = 0; n < 19_998; n++) {
      owed.owe({ address: `address-${n}`, bucket }, 300_000);
    }
    clock.advance(1_000);
    expect(isOwed("busy", "account-8")).toBe(true);
    expect(isOwed("busy", "account-0")).toBe(false);
    owed.owe({ address: "one more", bucket }, 300_000);
    expect(isOwed(home.address, "ada")).toBe(false);
  });

  it("are known to all servers, who learn no address, and used at one of them", () => {
    const one = start();
    const two = start(one.bus, one.clock);
    one.owed.owe(home, 2_000);
    one.clock.advance(2_000);
    expect([one.owed.isDue(home), two.owed.isDue(home)]).toEqual([true, true]);
    expect(two.owed.take(home)).toBe(true);
    expect(one.owed.isDue(home)).toBe(false);
    expect(JSON.stringify(one.bus)).not.toContain(home.address);
  });

  it("are not given by a program on the bus that has not the servers' secret, and none come after the end", async () => {
    const { bus, clock, owed, opened } = start();
    const due = { key: digestUsername(home.address), bucket, dueAtMs: clock.nowMs() };
    const seal = (byte: number) => sealerOf(byte, clock).seal(due, "owed-sign-ins").message;
    for (const message of notEmpty(["", "x", JSON.stringify(due), seal(8), seal(7).slice(0, -1)])) {
      await bus.publish("countersign_owed_sign_ins", message);
      expect(owed.isDue(home)).toBe(false);
    }
    await opened.disposeAsync();
    await bus.publish("countersign_owed_sign_ins", seal(7));
    expect(owed.isDue(home)).toBe(false);
  });
});
