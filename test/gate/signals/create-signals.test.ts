import { describe, expect, test } from "vitest";
import type { RevokedPrincipals } from "../../../server/gate/src/authenticate/authenticator.ts";
import { toConnectError } from "../../../server/gate/src/connect/error-contract.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { ISSUER } from "./fake-hubs.ts";
import { ofSubject, principalOf, settle, setUpSignals } from "./signalled.ts";

describe("signals", () => {
  test("refuse every call before all is known, and then those that are revoked", async () => {
    const { signals, hubs, fate, last } = await setUpSignals();
    let isReady = false;
    void signals.ready.then(() => {
      isReady = true;
    });
    last()?.say({ case: "begin", value: { epoch: "one", isSnapshot: true } });
    last()?.say({ case: "revocations", value: { revocations: [ofSubject("eve")] } });
    await settle();
    expect([fate("ada"), isReady]).toEqual(["AUTH_UNAVAILABLE", false]);
    hubs.alive(last());
    await settle();
    expect([fate("ada"), fate("eve"), isReady]).toEqual(["good", "revoked", true]);
  });

  test("ask with the token of a client, for all of its server", async () => {
    const { hubs, last } = await setUpSignals();
    expect(hubs.asked).toEqual(["signals:read signals:renew"]);
    expect(last()).toMatchObject({
      origin: ISSUER,
      authorization: "Bearer token-1",
      request: { epoch: "", after: 0n, hashSubjects: false, audience: ISSUER },
    });
    expect(last()?.request.serverId).toMatch(/^[\w-]{22}$/);
  });

  test("go on after a break where they were, and lose nothing meanwhile", async () => {
    const { hubs, fate, pass, last } = await setUpSignals();
    hubs.begin(last(), "one", 7n);
    last()?.say({ case: "revocations", value: { cursor: 8n, revocations: [ofSubject("eve")] } });
    await settle();
    last()?.end();
    await pass(2_000);
    expect(hubs.watches).toHaveLength(2);
    expect(last()?.request).toMatchObject({ epoch: "one", after: 8n });
    expect([fate("ada"), fate("eve")]).toEqual(["good", "revoked"]);
    hubs.begin(last(), "one", 8n);
    await settle();
    expect([fate("ada"), fate("eve")]).toEqual(["good", "revoked"]);
  });

  test("keep what is known while the snapshot of another history comes, and go on there once it is whole", async () => {
    const { hubs, fate, pass, last } = await setUpSignals();
    hubs.begin(last(), "one", 7n);
    last()?.say({ case: "revocations", value: { cursor: 9n, revocations: [ofSubject("eve")] } });
    await settle();
    last()?.end();
    await pass(2_000);
    last()?.say({ case: "begin", value: { epoch: "two", isSnapshot: true } });
    last()?.say({ case: "revocations", value: { cursor: 1n, revocations: [ofSubject("mallory")] } });
    await settle();
    expect([fate("eve"), fate("mallory")]).toEqual(["revoked", "revoked"]);
    last()?.end();
    await pass(4_000);
    expect(last()?.request).toMatchObject({ epoch: "one", after: 9n });
    hubs.begin(last(), "two", 2n);
    await settle();
    last()?.end();
    await pass(10_000);
    expect(last()?.request).toMatchObject({ epoch: "two", after: 2n });
    expect([fate("eve"), fate("mallory")]).toEqual(["revoked", "revoked"]);
  });

  test("are stale sixty seconds after the moment of which all is known, and fresh again with the next word", async () => {
    const { hubs, errors, fate, pass, passUntilWatched, last } = await setUpSignals();
    hubs.begin(last());
    await settle();
    hubs.down.add(ISSUER);
    last()?.end();
    await pass(60_000);
    expect(fate("ada")).toBe("good");
    await pass(1);
    expect(fate("ada")).toBe("AUTH_UNAVAILABLE");
    expect(errors.map((error) => String(error))).toEqual([
      `SignalsError: ${ISSUER} cannot be reached, or the connection to it broke`,
      "SignalsError: what is revoked is not known any more: calls are refused until a hub answers",
    ]);
    hubs.down.clear();
    await passUntilWatched();
    hubs.begin(last());
    await settle();
    expect(fate("ada")).toBe("good");
  });

  test("count from when the store was read, however late a hub says so", async () => {
    const { hubs, fate, pass, last } = await setUpSignals({ staleAfterMs: 10_000 });
    hubs.begin(last());
    await settle();
    for (let second = 0; second < 12; second += 1) {
      await pass(1_000);
      hubs.alive(last(), { ageMs: 1_000 * (second + 1), readAtMs: Date.UTC(2026, 5, 1, 12) });
      await settle();
      expect([second, fate("ada")]).toEqual([second, second < 10 ? "good" : "AUTH_UNAVAILABLE"]);
    }
    expect(hubs.watches).toHaveLength(1);
  });

  test("take what waited in buffers for as old as it is, and watch anew when it is too late", async () => {
    const { clock, hubs, fate, pass, last } = await setUpSignals({ staleAfterMs: 10_000 });
    hubs.begin(last());
    await settle();
    const startMs = clock.nowMs();
    // Each word comes two seconds after the one before, and was sent one second after it.
    for (let word = 1; word <= 8; word += 1) {
      await pass(2_000);
      if (hubs.watches.length === 1) {
        hubs.alive(last(), { readAtMs: startMs + word * 1_000 });
        await settle();
      }
    }
    await pass(2_000);
    // The last that counted was sent seven seconds after the first, eleven seconds ago.
    expect(fate("ada")).toBe("AUTH_UNAVAILABLE");
    expect(hubs.watches.length).toBeGreaterThan(1);
  });

  test("go on without an answer only where failOpen says so, and not before the first", async () => {
    const { signals, hubs, fate, pass, last } = await setUpSignals({ insecure: { failOpen: true } });
    expect(signals.relaxations).toEqual(["signals: revoked tokens are accepted while no hub answers"]);
    expect(fate("ada")).toBe("AUTH_UNAVAILABLE");
    hubs.begin(last());
    await settle();
    hubs.down.add(ISSUER);
    await pass(1_000_000);
    expect(fate("ada")).toBe("good");
  });

  test("name those whose streams end, of what is new", async () => {
    const { signals, hubs, last } = await setUpSignals();
    const received: RevokedPrincipals[] = [];
    const stop = signals.onRevoked?.((revoked) => received.push(revoked));
    hubs.begin(last());
    const revocations = [ofSubject("eve"), ofSubject("mallory")];
    last()?.say({ case: "revocations", value: { cursor: 1n, revocations } });
    last()?.say({ case: "revocations", value: { cursor: 2n, revocations } });
    await settle();
    expect(received).toHaveLength(1);
    expect(["ada", "eve", "mallory"].map((who) => received[0]?.matches(principalOf(who)))).toEqual([
      false,
      true,
      true,
    ]);
    stop?.();
    last()?.say({ case: "revocations", value: { cursor: 3n, revocations: [ofSubject("trudy")] } });
    await settle();
    expect(received).toHaveLength(1);
  });

  test("open the next watch with a fresh token before the former runs out, and then let go of the former", async () => {
    const { hubs, pass, last } = await setUpSignals();
    const [first] = hubs.watches;
    hubs.begin(first, "one", 5n);
    await settle();
    for (let second = 0; hubs.watches.length === 1 && second < 600; second += 1) {
      await pass(1_000);
      hubs.alive(first, { cursor: 6n });
      await settle();
    }
    expect(hubs.watches).toHaveLength(2);
    expect(last()).toMatchObject({ authorization: "Bearer token-2", request: { epoch: "one", after: 6n } });
    expect([first?.isOpen, last()?.isOpen]).toEqual([true, true]);
    hubs.begin(last(), "one", 6n);
    await settle();
    expect([first?.isOpen, last()?.isOpen]).toEqual([false, true]);
  });

  test("go to the next hub at once when one drains, breaks, cannot be reached, or says nothing", async () => {
    const names = ["https://a.example", "https://b.example"];
    const { hubs, pass, passUntilWatched, last } = await setUpSignals({ hubs: names });
    const origins = () => hubs.watches.map(({ origin }) => origin);
    const [first] = hubs.watches;
    const other = names.find((name) => name !== first?.origin) ?? "";
    hubs.begin(first);
    await settle();
    first?.say({ case: "drain", value: {} });
    await settle();
    expect(origins()).toEqual([first?.origin, other]);
    hubs.begin(last());
    await settle();
    expect(first?.isOpen).toBe(false);
    for (let second = 0; second < 11; second += 1) {
      await pass(1_000);
      hubs.alive(last());
      await settle();
    }
    last()?.end();
    await settle();
    expect(origins()).toEqual([first?.origin, other, first?.origin]);
    hubs.hung.add(other);
    hubs.begin(last());
    last()?.end();
    await passUntilWatched();
    // The other one was tried, and given up.
    expect(origins().slice(3)).toEqual([first?.origin]);
  });

  test("ask a single hub again at once that ends its watch because it stops: another process answers there", async () => {
    const { hubs, last, errors } = await setUpSignals();
    hubs.begin(last());
    await settle();
    last()?.end(toConnectError(new AuthError("SERVER_DRAINING", "the server is shutting down")));
    await settle();
    expect(hubs.watches).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test("that are closed know nothing more: calls are refused at once, unless they fail open", async () => {
    for (const failOpen of [false, true]) {
      const { signals, hubs, fate, last, errors } = await setUpSignals({ insecure: { failOpen } });
      hubs.begin(last());
      await settle();
      expect(fate("ada")).toBe("good");
      await signals.close();
      expect([fate("ada"), errors]).toEqual([failOpen ? "good" : "AUTH_UNAVAILABLE", []]);
    }
  });

  test("end with close, and whoever waits for them learns of it", async () => {
    const { signals, hubs, last, clock } = await setUpSignals();
    await signals.close();
    await settle();
    expect(last()?.isOpen).toBe(false);
    await expect(signals.ready).rejects.toThrow("closed before");
    clock.advance(1_000_000);
    await settle();
    expect(hubs.watches).toHaveLength(1);
    expect(clock.scheduledMs).toEqual([]);
  });
});
