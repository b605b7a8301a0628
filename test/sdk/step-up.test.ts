import { setImmediate } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { createSession, fromFunction, isSessionError, type Session } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { follow, startApiServer } from "./api-server.ts";
import { DEMO, settle, until } from "./kit.ts";

import { DEMAND, METHOD, reauthRequired, setUp } from "./step-up-kit.ts";

describe("onStepUp (RFC 9470)", () => {
  test("learns what is needed, and the call is made once more with the token that it brought", async () => {
    await using place = await setUp();
    const { tab, asked, kit } = place;
    expect(await tab.notes.getNote({ id: "1" })).toMatchObject({ id: "1" });
    expect(asked).toEqual([
      {
        acrValues: ["urn:acme:key", "urn:acme:mfa"],
        maxAgeSeconds: 300,
        method: METHOD,
        signal: expect.any(AbortSignal),
      },
    ]);
    expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
    expect(kit.server.counts()).toMatchObject({ signIns: 2, refreshes: 0 });
    // The session goes on: the refresh token of before is still its own.
    expect(tab.events.map(({ type }) => type)).toEqual(["signed_in", "refreshed"]);
    await tab.session.refresh();
    expect(tab.session.getSnapshot().status).toBe("signed_in");
  });

  test("is asked once by all calls that wait, however late their refusals come", async () => {
    const late = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    await using place = await setUp(
      async (_, session) => {
        await done.promise;
        await session.signIn(DEMO);
      },
      {
        async listNotes() {
          const isOld = place.kit.tokensSeen.at(-1) === "access-1";
          await late.promise;
          if (isOld) {
            throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
          }
          return {};
        },
      },
    );
    const { tab, asked } = place;
    const last = tab.notes.listNotes({});
    const calls = Array.from({ length: 20 }, (_, call) => tab.notes.getNote({ id: String(call) }));
    await until(() => place.kit.calls() === 21);
    await until(() => asked.length > 0);
    done.resolve();
    expect((await Promise.all(calls)).map(({ id }) => Number(id))).toEqual([...calls.keys()]);
    late.resolve();
    await last;
    expect(asked).toHaveLength(1);
    expect(place.kit.calls()).toBe(42);
  });

  test("is asked for one thing after the other", async () => {
    let open = 0;
    let most = 0;
    await using place = await setUp(async () => {
      open += 1;
      most = Math.max(most, open);
      await setImmediate();
      open -= 1;
      throw new Error("closed");
    });
    place.demands.set("2", { max_age: "60" });
    const calls = ["1", "2", "1", "2"].map((id) => place.tab.notes.getNote({ id }));
    for (const { status } of await Promise.allSettled(calls)) {
      expect(status).toBe("rejected");
    }
    expect(most).toBe(1);
    expect(place.asked.map(({ maxAgeSeconds, acrValues }) => [maxAgeSeconds, acrValues.length])).toEqual([
      [300, 2],
      [60, 0],
    ]);
  });

  test("that rejects or throws leaves the server's own error, and is asked again by the next call", async () => {
    const outcomes = [
      () => Promise.reject(new Error("the user has closed the window")),
      () => {
        throw new Error("no window");
      },
    ];
    await using place = await setUp(() => outcomes.pop()?.());
    await expect(place.tab.notes.getNote({ id: "1" })).rejects.toMatchObject(reauthRequired);
    await expect(place.tab.notes.getNote({ id: "1" })).rejects.toMatchObject(reauthRequired);
    expect(place.asked).toHaveLength(2);
    expect(place.kit.calls()).toBe(2);
  });

  test("is asked once for a call, whatever the server says to it then", async () => {
    await using place = await setUp((_, session) => session.signIn(DEMO), {
      getNote() {
        throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
      },
    });
    await expect(place.tab.notes.getNote({ id: "1" })).rejects.toMatchObject(reauthRequired);
    expect(place.asked).toHaveLength(1);
    expect(place.kit.calls()).toBe(2);
  });

  test("may leave it to the source to have a newer token", async () => {
    const seen: (string | null)[] = [];
    await using api = await startApiServer({
      getNote({ id }, { requestHeader }) {
        seen.push(requestHeader.get("authorization"));
        if (seen.length === 1) {
          throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
        }
        return { id };
      },
    });
    let serial = 1;
    const source = fromFunction(async () => `own-${serial}`);
    const onStepUp = () => {
      serial += 1;
    };
    const { baseUrl } = api;
    const session = createSession({ baseUrl, source, onStepUp });
    expect(await api.clientOf(session).getNote({ id: "1" })).toMatchObject({ id: "1" });
    expect(seen).toEqual(["Bearer own-1", "Bearer own-2"]);
    session.dispose();
  });

  test("lets a caller go, and aborts its signal when no call waits any more", async () => {
    const forever = new Promise<never>(() => undefined);
    await using place = await setUp(() => forever);
    const aborts = [new AbortController(), new AbortController()];
    const calls = aborts.map(({ signal }) => place.tab.notes.getNote({ id: "1" }, { signal }));
    await until(() => place.asked.length === 1 && place.kit.calls() === 2);
    await settle();
    aborts[0]?.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: Code.Canceled });
    expect(place.asked[0]?.signal.aborted).toBe(false);
    aborts[1]?.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: Code.Canceled });
    expect(place.asked[0]?.signal.aborted).toBe(true);
  });

  test("is asked anew by a call that comes while the window closes that no call waits for", async () => {
    const closed = Promise.withResolvers<void>();
    await using place = await setUp(async ({ signal }, session) => {
      if (place.asked.length === 1) {
        await closed.promise;
        signal.throwIfAborted();
      }
      await session.signIn(DEMO);
    });
    const abort = new AbortController();
    const first = place.tab.notes.getNote({ id: "1" }, { signal: abort.signal });
    await until(() => place.asked.length === 1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: Code.Canceled });
    const calls = ["1", "2"].map((id) => place.tab.notes.getNote({ id }));
    await until(() => place.kit.calls() === 3);
    await settle();
    expect(place.asked).toHaveLength(1);
    closed.resolve();
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(["1", "2"]);
    expect(place.asked).toHaveLength(2);
  });

  test.each([
    { demand: "the same", id: "1" },
    { demand: "another", id: "2" },
  ])("that waits for a call of its own with $demand demand gives up after 5 minutes", async ({ id }) => {
    let inner: unknown;
    await using place = await setUp(async (_, session) => {
      if (place.asked.length === 1) {
        inner = await place.tab.notes.getNote({ id }).catch((error: unknown) => error);
      }
      await session.signIn(DEMO);
    });
    place.demands.set("2", { max_age: "60" });
    const call = place.tab.notes.getNote({ id: "1" });
    call.catch(() => undefined);
    await until(() => place.kit.calls() === 2);
    await settle();
    place.kit.clock.advance(299_999);
    expect(place.asked[0]?.signal.aborted).toBe(false);
    place.kit.clock.advance(1);
    await expect(call).rejects.toMatchObject(reauthRequired);
    expect(place.asked[0]?.signal.aborted).toBe(true);
    await until(() => inner !== undefined);
  });

  test("waits no longer than the call may take", async () => {
    await using place = await setUp(() => new Promise<never>(() => undefined));
    const call = place.tab.notes.getNote({ id: "1" }, { timeoutMs: 300 });
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    await expect.poll(() => place.asked[0]?.signal.aborted).toBe(true);
  });

  test.each([
    { name: "signs out", end: (session: Session) => session.signOut() },
    { name: "is disposed of", end: async (session: Session) => session.dispose() },
  ])("ends with the session that $name", async ({ end }) => {
    await using place = await setUp(() => new Promise<never>(() => undefined));
    const call = place.tab.notes.getNote({ id: "1" }).catch((error: unknown) => error);
    await until(() => place.asked.length === 1);
    await end(place.tab.session);
    expect(isSessionError(await call)).toBe(true);
    expect(place.asked[0]?.signal.aborted).toBe(true);
  });

  test("serves the followers of a session", async () => {
    const seen: (string | null)[] = [];
    await using place = await setUp();
    await using api = await startApiServer({
      getNote({ id }, { requestHeader }) {
        seen.push(requestHeader.get("authorization"));
        if (seen.length === 1) {
          throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
        }
        return { id };
      },
    });
    await api.clientOf(follow(place.tab.session, api)).getNote({ id: "1" });
    expect(place.asked).toHaveLength(1);
    expect(seen).toEqual(["Bearer access-1", "Bearer access-2"]);
  });

  test("is not there by default: the error says what is needed", async () => {
    await using place = await setUp();
    const { session, notes } = place.kit.tab();
    await session.ready;
    await expect(notes.getNote({ id: "1" })).rejects.toMatchObject(reauthRequired);
    expect(place.kit.calls()).toBe(1);
  });
});
