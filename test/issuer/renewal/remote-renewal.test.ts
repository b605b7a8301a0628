import { describe, expect, test } from "vitest";
import { createPrincipal, type Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { AUTHENTICATED_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import { principal, RENEWABLE, recordingLease } from "../../gate/streams/fixtures.ts";
import { createServers, limitOf, named, overheard } from "./renewal-bus.ts";

/** As a verified token makes it: with claims that are not enumerable. */
function freshWith(claims: Principal["claims"]): Principal {
  const { claims: _, ...named } = principal({ tokenId: "token-2", expiresAtSeconds: 2200 });
  return createPrincipal(named, claims);
}

const DESK = { subject: "desk", issuer: undefined, clientId: undefined, actor: undefined };

const fresh = freshWith({ email: "ada@example.test" });

describe("a renewal over the bus", () => {
  test("reaches the streams wherever they are, and names those that nobody has", async () => {
    const { join } = createServers();
    const [a, b] = [recordingLease(named("a"), principal()), recordingLease(named("b"), principal())];
    const { requester } = join();
    join([a]);
    join([b]);
    const result = await requester.renew([named("a"), named("b"), named("c")], fresh);
    expect(result).toEqual({
      renewed: [
        { streamId: named("a"), expiresInMs: 600_000 },
        { streamId: named("b"), expiresInMs: 600_000 },
      ],
      ended: [],
      unknown: [named("c")],
    });
    expect([a.renewals, b.renewals]).toEqual([[fresh], [fresh]]);
  });

  test("brings the whole principal, frozen, with claims that are not shown", async () => {
    const { join } = createServers();
    const lease = recordingLease(named("a"), principal());
    const { requester } = join();
    join([lease]);
    await requester.renew([named("a")], fresh);
    const [brought] = lease.renewals;
    expect(brought?.claims).toEqual({ email: "ada@example.test" });
    expect(Object.isFrozen(brought) && Object.isFrozen(brought?.claims)).toBe(true);
    expect(JSON.stringify(brought)).not.toContain("example.test");
  });

  test("takes as many streams as one call may name", async () => {
    const { join, bus } = createServers();
    const ids = Array.from({ length: 1_000 }, (_, index) => named(`s${index}`));
    const { requester } = join();
    join(ids.map((id) => recordingLease(id, principal())));
    expect((await requester.renew(ids, fresh)).renewed).toHaveLength(1_000);
    for (const { message } of bus.published) {
      expect(message.length).toBeLessThanOrEqual(7_999);
    }
  });

  test("does not wait once every stream is accounted for", async () => {
    const { join } = createServers();
    const { requester } = join();
    join([
      recordingLease(named("a"), principal()),
      recordingLease(named("closing"), principal(), AUTHENTICATED_POLICY),
      recordingLease(named("scoped"), principal(), { ...RENEWABLE, scopes: ["notes:admin"] }),
    ]);
    const asked = requester.renew([named("a"), named("closing"), named("scoped")], fresh);
    const first = await Promise.race([asked, new Promise((resolve) => setImmediate(resolve, "waited"))]);
    expect(first).toMatchObject({
      renewed: [{ streamId: named("a") }],
      ended: [named("scoped")],
      unknown: [named("closing")],
    });
  });

  test("runs the method's policy again where the stream is, and ends what the new token may not call", async () => {
    const { join } = createServers();
    const lease = recordingLease(named("a"), principal(), { ...RENEWABLE, scopes: ["notes:admin"] });
    const { requester } = join();
    join([lease]);
    expect(await requester.renew([named("a")], fresh)).toMatchObject({ renewed: [], unknown: [] });
    expect(lease.ends).toEqual([expect.objectContaining({ reason: "INSUFFICIENT_SCOPE" })]);
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
    test(`of another ${what}'s stream is refused, and changes no stream of its server`, async () => {
      const { join } = createServers();
      const others = recordingLease(named("others"), principal(parts));
      const own = recordingLease(named("own"), principal());
      const { requester } = join();
      join([others, own]);
      await expect(requester.renew([named("own"), named("others")], fresh)).rejects.toMatchObject({
        reason: "POLICY_DENIED",
        message: "the stream runs for another subject, actor, session or client",
      });
      expect([others.renewals, others.ends, own.renewals, own.ends].flat()).toEqual([]);
    });
  }

  test("of a stream that is bound to a key goes on for that key alone: the asking server has its proof", async () => {
    const { join } = createServers();
    const bound = (jwkThumbprint: string) => ({ binding: { kind: "dpop", jwkThumbprint } }) as const;
    const lease = recordingLease(named("a"), principal(bound("own")));
    const { requester } = join();
    join([lease]);
    const { claims: _, ...member } = fresh;
    const forKey = (key: string) =>
      requester.renew([named("a")], createPrincipal({ ...member, ...bound(key) }, {}));
    await expect(forKey("other")).rejects.toMatchObject({ reason: "POLICY_DENIED" });
    await expect(requester.renew([named("a")], fresh)).rejects.toMatchObject({ reason: "POLICY_DENIED" });
    expect((await forKey("own")).renewed).toHaveLength(1);
    expect(lease.renewals).toEqual([expect.objectContaining(bound("own"))]);
  });

  test("of an actor's stream goes on, asked for by a server of this release or of the one before", async () => {
    const { claims: _, ...subject } = fresh;
    for (const actor of [DESK, undefined]) {
      const { join } = createServers();
      const lease = recordingLease(named("a"), principal({ actor: DESK }));
      const { requester } = join();
      join([lease]);
      const acting = createPrincipal({ ...subject, actor }, { act: { sub: "desk" } });
      expect((await requester.renew([named("a")], acting)).renewed).toHaveLength(1);
      expect(lease.renewals).toEqual([expect.objectContaining({ actor: DESK })]);
    }
  });

  test("is not spoilt by a stranger who opened a stream of the same name on another server", async () => {
    const { join } = createServers();
    const own = recordingLease(named("a"), principal());
    const { requester } = join();
    join([recordingLease(named("a"), principal({ subject: "eve" }))]);
    join([own]);
    expect((await requester.renew([named("a")], fresh)).renewed).toHaveLength(1);
    expect(own.renewals).toEqual([fresh]);
  });

  test("says so when the others cannot be asked, rather than that the streams are unknown", async () => {
    const { join, bus } = createServers();
    const { requester } = join();
    bus.isDown = true;
    await expect(requester.renew([named("a")], fresh)).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
  });

  test("gives up, for the streams that it names, where a principal is too large for the bus", async () => {
    const { join, bus } = createServers();
    const { requester } = join();
    const noise = Array.from({ length: 8_000 }, (_, index) => ((index * 7_919) % 64_000) + 256);
    const huge = freshWith({ text: String.fromCharCode(...noise) });
    expect(await requester.renew([named("a")], huge)).toEqual({
      renewed: [],
      ended: [],
      unknown: [named("a")],
    });
    expect(bus.published).toEqual([]);
  });
});

describe("somebody who has the bus, but not the secret", () => {
  test("learns nothing of whom a stream runs for", async () => {
    const { join, bus } = createServers();
    const { requester } = join();
    join([recordingLease(named("a"), principal())]);
    await requester.renew([named("a")], fresh);
    expect(bus.published).toHaveLength(2);
    for (const secret of ["ada", named("a"), "session-1", "token-2", "example.test"]) {
      expect(overheard(bus)).not.toContain(secret);
      expect(overheard(bus)).not.toContain(Buffer.from(secret).toString("base64url"));
    }
  });

  test("can neither ask nor answer", async () => {
    const { join, errors } = createServers();
    const lease = recordingLease(named("a"), principal());
    const { requester } = join();
    join([lease]);
    const foreign = join([recordingLease(named("b"), principal())], new Uint8Array(32).fill(1));
    expect(await foreign.requester.renew([named("a")], fresh)).toMatchObject({ unknown: [named("a")] });
    expect(await requester.renew([named("b")], fresh)).toMatchObject({ unknown: [named("b")] });
    expect([lease.renewals, errors]).toEqual([[], []]);
  });

  test("cannot play a question again, nor an answer to another question", async () => {
    const { join, bus, clock } = createServers();
    const lease = recordingLease(named("a"), principal());
    const { requester } = join();
    join([lease]);
    await requester.renew([named("a")], fresh);
    const [question, answer] = bus.published;
    lease.renewals.length = 0;
    for (const message of [question, question, answer]) {
      await bus.publish(message?.channel ?? "", message?.message ?? "");
    }
    clock.advance(6_000);
    // To a server that was started since, and so has seen none of it.
    const late = recordingLease(named("a"), principal());
    join([late]);
    await bus.publish(question?.channel ?? "", question?.message ?? "");
    expect([lease.renewals, late.renewals].flat()).toEqual([]);
    // As the answer to what was not asked with it.
    const asked = requester.renew([named("gone")], fresh);
    await bus.publish(answer?.channel ?? "", answer?.message ?? "");
    expect(await asked).toMatchObject({ renewed: [], unknown: [named("gone")] });
  });

  test("cannot pass a question off as an answer", async () => {
    const { join, bus } = createServers();
    const { requester } = join();
    const asked = requester.renew([named("a")], fresh);
    const [question] = bus.published;
    const channel = `countersign_renewals_${"0".repeat(32)}`;
    await bus.publish(channel, question?.message ?? "");
    expect(await asked).toMatchObject({ unknown: [named("a")] });
  });
});

describe("somebody with a token", () => {
  test("may have only so much asked, and what is refused is not asked", async () => {
    const { join, bus } = createServers({ limit: limitOf(2) });
    const { requester } = join();
    const ids = Array.from({ length: 300 }, (_, index) => named(`s${index}`));
    await expect(requester.renew(ids, fresh)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    await expect(requester.renew([named("a")], fresh)).rejects.toMatchObject({ reason: "RATE_LIMITED" });
    expect(bus.published.length).toBeLessThanOrEqual(2);
  });

  test("cannot hold more questions open than a server keeps", async () => {
    const { join } = createServers();
    const { requester } = join();
    const asked = Array.from({ length: 2_001 }, (_, index) => requester.renew([named(`s${index}`)], fresh));
    const results = await Promise.allSettled(asked);
    const rejected = results.filter(({ status }) => status === "rejected");
    expect(rejected).toEqual([
      expect.objectContaining({ reason: expect.objectContaining({ reason: "AUTH_UNAVAILABLE" }) }),
    ]);
    // Once they are answered, others may ask again.
    expect(await requester.renew([named("a")], fresh)).toMatchObject({ unknown: [named("a")] });
  });
});
