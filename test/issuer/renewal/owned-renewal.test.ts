import { expect, test } from "vitest";
import { createAbsenceLimit } from "../../../server/gate/src/streams/absence-limit.ts";
import { RENEWAL_CHANNEL, toOwnerChannel } from "../../../server/issuer/src/renewal/renewal-messages.ts";
import { principal, RENEWABLE, recordingLease } from "../../gate/streams/fixtures.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { createServers, limitOf, named } from "./renewal-bus.ts";

const fresh = principal({ tokenId: "token-2", expiresAtSeconds: 2200 });

/** Nothing of these tests waits for so long. */
const NEVER_MS = 2 ** 30;

test("a renewal goes to the owner of the streams alone, which says of each what became of it, absent ones too", async () => {
  const { join, bus } = createServers({ waitMs: NEVER_MS });
  const lease = recordingLease(named("a"), principal());
  const { requester, owner: own } = join();
  const { owner } = join([lease]);
  const bystander = recordingLease(named("gone"), principal());
  join([bystander]);
  expect(await requester.renew([named("a"), named("gone")], fresh, owner)).toEqual({
    renewed: [{ streamId: named("a"), expiresInMs: 600_000 }],
    ended: [],
    unknown: [named("gone")],
  });
  expect(bus.published.map(({ channel }) => channel)).toEqual([toOwnerChannel(owner), toOwnerChannel(own)]);
  expect([lease.renewals.length, bystander.renewals.length]).toEqual([1, 0]);
});

test("streams of several owners, and of none that is known, are asked for with one message to each", async () => {
  const { join, bus } = createServers();
  const leases = ["a", "b", "c"].map((name) => recordingLease(named(name), principal()));
  const { requester } = join();
  const owners = leases.map((lease) => join([lease]).owner);
  const [first, second] = owners;
  const results = await Promise.all([
    requester.renew([named("a")], fresh, first),
    requester.renew([named("b")], fresh, second),
    requester.renew([named("c")], fresh),
  ]);
  expect(results.flatMap(({ renewed }) => renewed)).toHaveLength(3);
  const asked = bus.published.map(({ channel }) => channel).filter((channel) => channel === RENEWAL_CHANNEL);
  expect(asked).toHaveLength(1);
});

test("streams of an owner that is gone are unknown at once", async () => {
  const { join, bus } = createServers({ waitMs: NEVER_MS });
  const { requester } = join();
  const gone = join([recordingLease(named("a"), principal())]);
  await gone.close();
  expect(await requester.renew([named("a")], fresh, gone.owner)).toMatchObject({ unknown: [named("a")] });
  expect(bus.lookedUp).toEqual([toOwnerChannel(gone.owner)]);
});

/** Lookups of subscribers that a bus of a user may have. */
const UNSURE = notEmpty([
  { what: "does not know", lookUp: async () => undefined },
  { what: "rejects", lookUp: () => Promise.reject(new Error("down")) },
  { what: "has none", lookUp: undefined },
  {
    what: "throws",
    lookUp() {
      throw new Error("down");
    },
  },
]);

test.each(UNSURE)(
  "servers that may be there have their time, where the lookup of a bus $what",
  async (one) => {
    const { join, bus } = createServers();
    const { requester } = join();
    join();
    Object.assign(bus, { hasSubscriber: one.lookUp, countSubscribers: one.lookUp });
    const unknown = { unknown: [named("a")] };
    expect(await requester.renew([named("a")], fresh, "w".repeat(22))).toMatchObject(unknown);
    expect(await requester.renew([named("a")], fresh)).toMatchObject(unknown);
  },
);

test("streams that no server has are unknown as soon as all have said so, though no owner is named", async () => {
  const { join, bus } = createServers({ waitMs: NEVER_MS });
  const { requester } = join();
  const there = recordingLease(named("a"), principal());
  join([there]);
  join();
  expect(await requester.renew([named("a"), named("gone")], fresh)).toMatchObject({
    renewed: [{ streamId: named("a") }],
    unknown: [named("gone")],
  });
  expect(bus.lookedUp).toEqual([RENEWAL_CHANNEL]);
});

test("callers who name streams that are nowhere cause no more answers than a server may give", async () => {
  const mayDeny = createAbsenceLimit(createWallClock());
  const denials = Array.from({ length: 198 }, mayDeny);
  expect(denials).not.toContain(false);
  const { join, bus } = createServers({ mayDeny });
  const { requester, owner: own } = join();
  const answers = () => bus.published.filter(({ channel }) => channel === toOwnerChannel(own)).length;
  join();
  const names = ["s1", "s2", "s3", "s4", "s5"].map(named);
  const results = await Promise.all(names.map((name) => requester.renew([name], fresh)));
  expect(results.flatMap(({ unknown }) => unknown)).toEqual(names);
  expect(answers()).toBe(2);
  // Of streams that it has, and where it was asked alone, it answers all the same.
  const { owner } = join([recordingLease(named("a"), principal())]);
  expect((await requester.renew([named("a")], fresh)).renewed).toHaveLength(1);
  expect(await requester.renew([named("b")], fresh, owner)).toMatchObject({ unknown: [named("b")] });
  expect(answers()).toBe(4);
});

test("a server of the release before, which says nothing of streams that it does not have, has its time", async () => {
  const { join, bus } = createServers({ waitMs: 200 });
  const { requester } = join();
  join();
  const silent = bus.subscribe(RENEWAL_CHANNEL, () => undefined);
  const before = Date.now();
  expect(await requester.renew([named("gone")], fresh)).toMatchObject({ unknown: [named("gone")] });
  expect(Date.now() - before).toBeGreaterThanOrEqual(190);
  await silent.close();
  expect(bus.lookedUp).toEqual([RENEWAL_CHANNEL]);
});

test("an owner refuses the token of another party, and nobody else is asked", async () => {
  const { join } = createServers({ waitMs: NEVER_MS });
  const others = recordingLease(named("a"), principal({ subject: "eve" }));
  const { requester } = join();
  const { owner } = join([others]);
  await expect(requester.renew([named("a")], fresh, owner)).rejects.toMatchObject({
    reason: "POLICY_DENIED",
  });
  expect(others.renewals).toEqual([]);
});

test("a question to all that a stranger passes on to one server makes no stream unknown", async () => {
  const { join, bus } = createServers();
  const lease = recordingLease(named("a"), principal(), RENEWABLE);
  const { requester } = join();
  const bystander = join();
  // The stranger is faster than the bus.
  const publish = bus.publish.bind(bus);
  Object.assign(bus, {
    async publish(channel: string, message: string) {
      if (channel === RENEWAL_CHANNEL) {
        await publish(toOwnerChannel(bystander.owner), message);
      }
      await publish(channel, message);
    },
  });
  join([lease]);
  expect((await requester.renew([named("a")], fresh)).renewed).toHaveLength(1);
});

test("each owner that is asked counts against the party", async () => {
  const { join } = createServers({ limit: limitOf(1) });
  const { requester } = join();
  const { owner } = join();
  await requester.renew([named("a")], fresh, owner);
  await expect(requester.renew([named("a")], fresh, owner)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
});
