import { describe, expect, test } from "vitest";
import type { RevokedPrincipals } from "../../../server/gate/src/authenticate/authenticator.ts";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import {
  type IssuerSignals,
  joinOtherServers,
  joinRevocations,
} from "../../../server/gate/src/connect/issuer-signals.ts";
import type { RenewalResult } from "../../../server/gate/src/streams/renewal.ts";
import { createSigningKey } from "../../support/tokens.ts";

const ADA = { subject: "ada" } as Principal;
const BY_ADA = { principal: ADA, accessToken: "token of ada" };
const refsOf = (...streamIds: string[]) => streamIds.map((streamId) => ({ streamId }));

/** Signals that refuse some subjects and have some streams elsewhere, and the listeners that they were given. */
function createSignals({ revoked = [], streams = [] }: { revoked?: string[]; streams?: string[] } = {}) {
  const asked: (readonly string[])[] = [];
  const renewals = new Set<Parameters<IssuerSignals["onRenew"]>[0]>();
  const revocations = new Set<(revoked: RevokedPrincipals) => void>();
  const signals: IssuerSignals = {
    ready: Promise.resolve(),
    isRevoked: ({ subject }) => revoked.includes(subject),
    onRevoked(listener) {
      revocations.add(listener);
      return () => revocations.delete(listener);
    },
    async renew(refs) {
      const streamIds = refs.map(({ streamId }) => streamId);
      asked.push(streamIds);
      return {
        renewed: streamIds
          .filter((id) => streams.includes(id))
          .map((streamId) => ({ streamId, expiresInMs: 1 })),
        ended: [],
        unknown: streamIds.filter((id) => !streams.includes(id)),
      };
    },
    onRenew(listener) {
      renewals.add(listener);
      return () => renewals.delete(listener);
    },
  };
  return { signals, asked, renewals, revocations };
}

describe("what several sources have revoked", () => {
  test("is refused when one of them says so, and nothing is where there is none", () => {
    const sources = [
      createSignals({ revoked: ["eve"] }).signals,
      createSignals({ revoked: ["ada"] }).signals,
    ];
    expect(joinRevocations(sources).isRevoked(ADA)).toBe(true);
    expect(joinRevocations(sources.slice(0, 1)).isRevoked(ADA)).toBe(false);
    expect(joinRevocations([]).isRevoked(ADA)).toBe(false);
  });

  test("reaches a listener from each of them until it leaves", () => {
    const [first, second] = [createSignals(), createSignals()];
    const leave = joinRevocations([first.signals, second.signals]).onRevoked?.(() => {});
    expect([first.revocations.size, second.revocations.size]).toEqual([1, 1]);
    leave?.();
    expect([first.revocations.size, second.revocations.size]).toEqual([0, 0]);
  });
});

describe("streams of other servers", () => {
  test("are asked for in turn, each issuer for what those before it do not have", async () => {
    const [first, second] = [createSignals({ streams: ["a"] }), createSignals({ streams: ["b"] })];
    const renewal = await joinOtherServers([first.signals, second.signals])?.renew(
      refsOf("a", "b", "c"),
      BY_ADA,
    );
    expect(renewal).toEqual({
      renewed: [
        { streamId: "a", expiresInMs: 1 },
        { streamId: "b", expiresInMs: 1 },
      ],
      ended: [],
      unknown: ["c"],
    });
    expect(second.asked).toEqual([["b", "c"]]);
    expect(await joinOtherServers([first.signals, second.signals])?.renew(refsOf("a"), BY_ADA)).toMatchObject(
      {
        unknown: [],
      },
    );
    expect(second.asked).toHaveLength(1);
  });

  test("are none where no issuer has signals", () => {
    expect(joinOtherServers([])).toBeUndefined();
  });
});

describe("an issuer with signals", () => {
  test("may renew the streams of a server, which listens for what it revokes", () => {
    const { signals, renewals, revocations } = createSignals();
    const keys = { jwks: { keys: [createSigningKey("ES256", "k").jwk] } };
    createAuth({
      routes: () => {},
      issuers: [{ issuer: "https://us.example", keys, signals }],
      audience: "api",
    });
    expect(revocations.size).toBe(1);
    const [renew] = renewals;
    const result: RenewalResult | undefined = renew?.(["unknown"], ADA);
    expect(result).toEqual({ renewed: [], ended: [], unknown: [], absent: ["unknown"] });
  });

  test("says when a server is ready", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const keys = { jwks: { keys: [createSigningKey("ES256", "k").jwk] } };
    const signals = { ...createSignals().signals, ready: promise };
    const auth = createAuth({
      routes: () => {},
      issuers: [{ issuer: "https://us.example", keys, signals }],
      audience: "api",
    });
    let isReady = false;
    const waiting = auth.ready.then(() => {
      isReady = true;
    });
    await Promise.resolve();
    expect(isReady).toBe(false);
    resolve();
    await waiting;
  });

  test("that cannot say what is revoked end no process, and whoever waits for them learns of it", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const signals = { ...createSignals().signals, ready: Promise.reject(new Error("down")) };
      const { ready } = createAuth({
        routes: () => {},
        audience: "us",
        issuers: [
          {
            issuer: "https://us.example",
            keys: { jwks: { keys: [createSigningKey("ES256", "k").jwk] } },
            signals,
          },
        ],
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      await expect(ready).rejects.toThrowError("down");
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
