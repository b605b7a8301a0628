import { describe, expect, test } from "vitest";
import { AUTHENTICATED_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import { renewStreams } from "../../../server/gate/src/streams/renewal.ts";
import { createStreamRegistry } from "../../../server/gate/src/streams/stream-registry.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal, RENEWABLE, type RecordingLease, recordingLease } from "./fixtures.ts";

const fresh = {
  principal: principal({ tokenId: "token-2", expiresAtSeconds: 2200 }),
  clock: createTestClock(1_500_000),
};

function registryOf(...leases: readonly RecordingLease[]) {
  const registry = createStreamRegistry();
  for (const lease of leases) {
    registry.add(lease);
  }
  return registry;
}

const DESK = { subject: "desk", issuer: undefined, clientId: "support-desk", actor: undefined };

describe("renewStreams", () => {
  test("gives the streams that are open the new principal, and names the others", () => {
    const lease = recordingLease("a", principal());
    const result = renewStreams(registryOf(lease), ["a", "b"], fresh);
    const renewed = [{ streamId: "a", expiresInMs: 600_000 }];
    expect(result).toEqual({ renewed, ended: [], unknown: [], absent: ["b"] });
    expect(lease.renewals).toEqual([fresh.principal]);
  });

  test("renews a stream that is named twice once", () => {
    const lease = recordingLease("a", principal());
    expect(renewStreams(registryOf(lease), ["a", "a"], fresh).renewed).toHaveLength(1);
    expect(lease.renewals).toHaveLength(1);
  });

  const strangers = {
    issuer: { issuer: "https://other.example" },
    subject: { subject: "eve" },
    session: { sessionId: "session-2" },
    client: { clientId: "other-app" },
    actor: { actor: DESK },
    "bound key": { binding: { kind: "dpop", jwkThumbprint: "key" } as const },
  };
  for (const [what, parts] of Object.entries(strangers)) {
    test(`refuses a token of another ${what}, and changes no stream at all`, () => {
      const own = recordingLease("own", fresh.principal);
      const others = recordingLease("others", principal(parts));
      expect(() => renewStreams(registryOf(own, others), ["own", "others"], fresh)).toThrowError(
        expect.objectContaining({
          reason: "POLICY_DENIED",
          message: "the stream runs for another subject, actor, session or client",
        }),
      );
      expect([own.renewals, others.renewals, own.ends, others.ends].flat()).toEqual([]);
    });
  }

  const actors = {
    "without an actor": undefined,
    "of another actor": { ...DESK, subject: "robot" },
    "of an actor that another issuer knows": { ...DESK, issuer: "https://other.example" },
    "of another client of the actor": { ...DESK, clientId: "billing" },
    "of an actor that another acted for before": { ...DESK, actor: DESK },
  };
  for (const [what, actor] of Object.entries(actors)) {
    test(`refuses a token ${what} for the stream of an actor`, () => {
      const lease = recordingLease("a", principal({ actor: DESK }));
      const other = { ...fresh, principal: principal({ actor }) };
      expect(() => renewStreams(registryOf(lease), ["a"], other)).toThrow("for another subject, actor,");
      expect([lease.renewals, lease.ends].flat()).toEqual([]);
    });
  }

  test("renews the stream of an actor for the same chain of parties", () => {
    const chain = () => ({ ...DESK, actor: { ...DESK, subject: "robot" } });
    const lease = recordingLease("a", principal({ actor: chain() }));
    const same = { ...fresh, principal: principal({ actor: chain() }) };
    expect(renewStreams(registryOf(lease), ["a"], same).renewed).toHaveLength(1);
  });

  test("is for a principal without a subject only within its session: others of the client have none either", () => {
    const renew = (sessionId: string | undefined) => {
      const nobody = principal({ subject: "", sessionId });
      return renewStreams(registryOf(recordingLease("a", nobody)), ["a"], { ...fresh, principal: nobody });
    };
    expect(renew("session-1").renewed).toHaveLength(1);
    expect(() => renew(undefined)).toThrow("the stream runs for another subject, actor, session or client");
  });

  test("leaves a stream alone whose method does not allow renewal, and renews the others", () => {
    const other = recordingLease("b", principal(), AUTHENTICATED_POLICY);
    const result = renewStreams(registryOf(recordingLease("a", principal()), other), ["a", "b"], fresh);
    const renewed = [{ streamId: "a", expiresInMs: 600_000 }];
    expect(result).toEqual({ renewed, ended: [], unknown: ["b"], absent: [] });
    expect([other.renewals, other.ends].flat()).toEqual([]);
  });

  test("ends a stream whose method the new token may not call", () => {
    const lease = recordingLease("a", principal(), { ...RENEWABLE, scopes: ["notes:admin"] });
    expect(renewStreams(registryOf(lease), ["a"], fresh).renewed).toEqual([]);
    expect(lease.ends).toEqual([expect.objectContaining({ reason: "INSUFFICIENT_SCOPE" })]);
    expect(lease.renewals).toEqual([]);
  });
});

describe("createStreamRegistry", () => {
  test("refuses a second stream of the same identifier", () => {
    const registry = registryOf(recordingLease("a", principal()));
    expect(registry.add(recordingLease("a", principal({ subject: "eve" })))).toBe(false);
    expect(registry.find("a")?.principal.subject).toBe("ada");
    expect(registry.size).toBe(1);
  });

  test("ends the streams of a principal that matches, and no others", () => {
    const ada = recordingLease("a", principal());
    const eve = recordingLease("b", principal({ sessionId: "session-2" }));
    const error = expect.objectContaining({ reason: "SESSION_REVOKED" });
    registryOf(ada, eve).endWhere(({ sessionId }) => sessionId === "session-1", error);
    expect([ada.ends.length, eve.ends.length]).toEqual([1, 0]);
  });

  test("knows a stream no more once it is let go", () => {
    const lease = recordingLease("a", principal());
    const registry = registryOf(lease);
    registry.remove(lease);
    expect([registry.size, registry.find("a")]).toEqual([0, undefined]);
  });
});
