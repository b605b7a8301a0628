import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { BusSignalsOptions } from "../../../../server/gate/src/signals/bus/bus-options.ts";
import { createSignals } from "../../../../server/gate/src/signals/create-signals.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { createTestBus } from "../../../support/test-bus.ts";
import { createLinkedServers, type LinkedServer, logoutOf } from "./linked-servers.ts";

const fatesOf = (servers: readonly LinkedServer[], session: string) =>
  servers.map(({ fate }) => fate(session));

test("a logout that one server takes is refused by all, and told to those that listen", async () => {
  const { join, until, untilReady } = createLinkedServers();
  const servers = [join(), join(), join()];
  expect(fatesOf(servers, "a")).toEqual(["AUTH_UNAVAILABLE", "AUTH_UNAVAILABLE", "AUTH_UNAVAILABLE"]);
  await untilReady(...servers);
  const told: number[] = [];
  servers[2]?.signals.onRevoked?.(({ records = [] }) => void told.push(records.length));
  expect(await servers[0]?.signals.logouts.take(logoutOf("a"))).toBe("taken");
  expect(servers[0]?.fate("a")).toBe("revoked");
  await until(() => servers.every(({ fate }) => fate("a") === "revoked"));
  expect(fatesOf(servers, "b")).toEqual(["good", "good", "good"]);
  expect(await servers[0]?.signals.logouts.take(logoutOf("a"))).toBe("repeated");
  expect(await servers[1]?.signals.logouts.take(logoutOf("a"))).toBe("taken");
  expect(told).toEqual([1]);
  expect(servers.flatMap(({ errors }) => errors)).toEqual([]);
});

test("claims that a provider has changed are changed at every server, and at one that starts", async () => {
  const { join, until, untilReady } = createLinkedServers();
  const [first, second] = [join(), join()];
  await untilReady(first, second);
  const changedClaims = { roles: ["reader"] };
  await first.signals.logouts.take(logoutOf("a", { changedClaims, beforeMs: Date.UTC(2026, 6, 1) }));
  await until(() => second.changesOf("a") !== undefined);
  const third = join();
  await untilReady(third);
  for (const server of [first, second, third]) {
    expect(server.changesOf("a")).toEqual([{ dimension: "sid", claims: changedClaims }]);
    expect(server.fate("a")).toBe("good");
  }
});

test("what a newer release goes by covers every token of the issuer, and travels on as it was written", async () => {
  const { join, until, untilReady } = createLinkedServers();
  const [newer, older] = [join({ failOpen: true }), join({ failOpen: true })];
  await untilReady(newer, older);
  await newer.signals.logouts.take(logoutOf("phone", { dimension: "device" as "sid" })); // of no release yet
  await until(() => older.fate("any") === "revoked");
  expect(older.errors).toEqual([]);
  await newer.signals.close();
  const learned: unknown[] = [];
  const third = join();
  third.signals.onRevoked?.(({ records = [] }) => void learned.push(...records));
  await untilReady(third);
  expect([third.fate("any"), learned]).toEqual([
    "revoked",
    [expect.objectContaining({ dimension: "device", value: "phone" })],
  ]);
});

test("a server that starts knows what the others know before it takes calls, over many pages", async () => {
  const { join, untilReady } = createLinkedServers();
  const [first, second] = [join(), join()];
  await untilReady(first, second);
  for (let index = 0; index < 300; index += 1) {
    await (index % 2 === 0 ? first : second).signals.logouts.take(logoutOf(`session ${index}`));
  }
  const third = join();
  await untilReady(third);
  for (let index = 0; index < 300; index += 1) {
    expect(third.fate(`session ${index}`)).toBe("revoked");
  }
});

test("what one server alone has taken outlives it, and what has expired is known no more", async () => {
  const { join, until, untilReady, clock } = createLinkedServers();
  const [first, second] = [join({ failOpen: true }), join({ failOpen: true })];
  await untilReady(first, second);
  await first.signals.logouts.take(logoutOf("a", { maxLifeMs: 60_000 }));
  await until(() => second.fate("a") === "revoked");
  await first.signals.close();
  const third = join({ failOpen: true });
  await untilReady(third);
  expect(third.fate("a")).toBe("revoked");
  clock.advance(20 * 60_000);
  await until(() => second.fate("a") === "good" && third.fate("a") === "good");
});

test("a message that is lost, and what comes while a server is cut off, is caught up", async () => {
  const { join, until, untilReady } = createLinkedServers();
  const servers = [join(), join(), join()] as const;
  const [first, second, third] = servers;
  await untilReady(...servers);
  second.isDeaf = true;
  await first.signals.logouts.take(logoutOf("lost"));
  await until(() => third.fate("lost") === "revoked");
  second.isDeaf = false;
  expect(second.fate("lost")).toBe("good");
  // Nothing tells it but what the others say they know.
  await until(() => second.fate("lost") === "revoked");

  third.cut();
  await first.signals.logouts.take(logoutOf("cut"));
  await expect(third.signals.logouts.take(logoutOf("own"))).rejects.toMatchObject({
    reason: "AUTH_UNAVAILABLE",
  });
  expect([third.fate("own"), third.fate("cut")]).toEqual(["revoked", "good"]);
  third.heal();
  await until(() => third.fate("cut") === "revoked" && first.fate("own") === "revoked");
  expect(await third.signals.logouts.take(logoutOf("own"))).toBe("taken");
});

test("a server that the bus does not reach refuses calls after a minute, and says so, unless it was told to go on", async () => {
  const { join, until, untilReady, clock } = createLinkedServers();
  const [strict, open] = [join(), join({ failOpen: true })];
  await untilReady(strict, open);
  strict.cut();
  open.cut();
  clock.advance(50_000);
  expect([strict.fate("a"), open.fate("a")]).toEqual(["good", "good"]);
  clock.advance(11_000);
  expect([strict.fate("a"), open.fate("a")]).toEqual(["AUTH_UNAVAILABLE", "good"]);
  expect(strict.errors).toEqual([expect.objectContaining({ problem: "silent" })]);
  expect(open.signals.relaxations).toEqual([
    "signals: revoked tokens are accepted while the bus carries nothing",
  ]);
  strict.heal();
  await until(() => strict.fate("a") === "good");
});

test("a server with another secret learns nothing and teaches nothing, and both say so once", async () => {
  const { join, untilReady, until, published } = createLinkedServers();
  const [own, stranger] = [join(), join({ secret: randomBytes(32) })];
  await untilReady(own, stranger);
  await stranger.signals.logouts.take(logoutOf("a"));
  await own.signals.logouts.take(logoutOf("secret-session"));
  const before = published.length;
  await until(() => published.length >= before + 4);
  expect([own.fate("a"), stranger.fate("secret-session")]).toEqual(["good", "good"]);
  for (const { errors } of [own, stranger]) {
    expect(errors).toEqual([expect.objectContaining({ problem: "refused" })]);
  }
  expect(published.some(({ message }) => message.includes("secret-session"))).toBe(false);
});

const WRONG = notEmpty([
  { options: {}, message: "bus must be a MessageBus" },
  { options: { bus: {} }, message: "bus must be a MessageBus" },
  { options: { bus: createTestBus() }, message: "secret must be 32 random bytes" },
  { options: { bus: createTestBus(), secret: "short" }, message: "secret must be 32 random bytes" },
  { options: { bus: createTestBus(), secret: "?".repeat(43) }, message: "secret must be 32 random bytes" },
  { options: { bus: createTestBus(), secret: randomBytes(31) }, message: "secret must be 32 random bytes" },
  { options: { bus: createTestBus(), secret: randomBytes(32), issuer: "a" }, message: "issuer" },
  { options: { bus: createTestBus(), secret: randomBytes(32), staleAfterMs: 0 }, message: "staleAfterMs" },
  {
    options: { bus: createTestBus(), secret: randomBytes(32), insecure: { failOpn: true } },
    message: "failOpen",
  },
]);

test.each(WRONG)("signals over a bus refuse options without $message", ({ options, message }) => {
  const given = { bus: undefined, ...options } as unknown as BusSignalsOptions;
  expect(() => createSignals(given)).toThrow(message);
});

test("a secret may be given as base64url", async () => {
  const signals = createSignals({ bus: createTestBus(), secret: randomBytes(32).toString("base64url") });
  await signals.close();
  await expect(signals.ready).rejects.toMatchObject({ problem: "stale" });
});
