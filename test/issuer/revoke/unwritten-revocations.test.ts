import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import {
  createUnwrittenRevocations,
  type UnwrittenOptions,
} from "../../../server/issuer/src/revoke/unwritten-revocations.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { insertRevocations, OWN_ISSUER } from "../../../server/issuer/src/store/revocations.ts";
import type { UnwrittenRevocation } from "../../../server/issuer/src/store/unwritten-revocations.ts";
import { eventually } from "../../support/eventually.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

describe("revocations that wait to be written", () => {
  const one = (value: string): UnwrittenRevocation => ({
    ...{ dimension: "jti", value, beforeMs: undefined, revokedAtMs: createWallClock().nowMs() },
    ...{ reason: "revoked", endsSession: false },
  });
  const keep = (store: Store | undefined, more: Partial<UnwrittenOptions> = {}) =>
    createUnwrittenRevocations({
      ...{ clock: createWallClock(), store: () => store, publish: () => undefined, onError: () => undefined },
      ...{ everyMs: 5, ...more },
    });

  it("are at most 10,000, and of more none is taken", async () => {
    const held = keep(undefined);
    expect(
      held.hold(
        Array.from({ length: 9_999 }, (_, id) => one(`${id}`)),
        "here",
      ),
    ).toHaveLength(9_999);
    expect(held.hold([one("a"), one("b")], "here")).toBeUndefined();
    expect(held.hold([one("a"), one("1")], "here")).toEqual([one("a")]);
    expect(held.size).toBe(10_000);
    await held.close();
  });

  it("are written although one among them never can be, in as many turns as it takes", async () => {
    await using store = await openTestSqlite();
    const held = keep(store);
    const bad = { ...one("bad"), reason: undefined as unknown as string };
    held.hold([...Array.from({ length: 300 }, (_, id) => one(`${id}`)), bad], "here");
    await eventually(() => (held.size === 1 ? true : undefined));
    expect(await store.db.selectFrom("revocations").selectAll().execute()).toHaveLength(300);
    await held.close();
  });

  it("are given up when nothing that they are about can be valid any more", async () => {
    const clock = createWallClock();
    const held = keep(undefined, { clock });
    held.hold([{ ...one("a"), endsSession: true }], "here");
    clock.advance(30 * 24 * 3_600_000 + 1);
    await eventually(() => (held.size === 0 ? true : undefined));
    expect(held.endReasonOf("a")).toBeUndefined();
  });

  it("are written at the end if they can be, and counted if they cannot", async () => {
    await using store = await openTestSqlite();
    const held = keep(store, { everyMs: 1_000_000 });
    held.hold([one("a")], "here");
    await held.close();
    expect(await store.db.selectFrom("revocations").selectAll().execute()).toHaveLength(1);
    const onError = vi.fn<(error: unknown) => void>();
    const lost = keep(undefined, { onError });
    lost.hold([one("a"), one("b")], "here");
    await lost.close();
    expect(onError.mock.calls).toEqual([
      [new Error("2 revocations could not be written, and are forgotten by this server")],
    ]);
  });

  it("are left to the server that was ordered to revoke for half a minute", async () => {
    await using store = await openTestSqlite();
    const clock = createWallClock();
    const held = keep(store, { clock });
    held.hold([one("elsewhere")], "elsewhere");
    held.hold([one("here")], "here");
    await eventually(() => (held.size === 1 ? true : undefined));
    clock.advance(30_000);
    await eventually(() => (held.size === 0 ? true : undefined));
    const rows = await store.db.selectFrom("revocations").select("value").orderBy("id").execute();
    expect(rows.map(({ value }) => value)).toEqual(["here", "elsewhere"]);
  });

  it("are done with as soon as the other server has written them, and no session is left that goes on", async () => {
    await using store = await openTestSqlite();
    using issuer = await startTestIssuer(store);
    const { clock, sessions, account } = issuer;
    const begin = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [ended, going] = [await begin(), await begin()];
    const held = keep(store, { clock });
    const toEnd = [ended, going].map(({ sessionId: value }) => ({
      ...{
        ...one(value),
        issuer: OWN_ISSUER,
        dimension: "sid" as const,
        reason: "signed_out",
        endsSession: true,
      },
    }));
    held.hold([...toEnd, one("token")], "elsewhere");
    await sessions.end({ where: { sessionId: ended.sessionId }, reason: "signed_out" });
    // Of the other session, only the tokens were revoked.
    const rest = [...toEnd.slice(1), one("token")];
    held.letGo([...issuer.revoked, ...(await insertRevocations(store, rest))]);
    await eventually(() => (held.size === 0 ? true : undefined));
    expect(await sessions.find(going.sessionId)).toMatchObject({ revokeReason: "signed_out" });
    const rows = await store.db.selectFrom("revocations").select("value").orderBy("id").execute();
    expect(rows.map(({ value }) => value)).toEqual([
      ...[ended.sessionId, going.sessionId, "token", going.sessionId],
    ]);
  });

  it("do not queue up attempts behind a store that does not answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const down = new AuthError("AUTH_UNAVAILABLE", "the store cannot be used just now");
    const execute = vi.fn<() => Promise<never>>(
      () => new Promise((_, reject) => void setTimeout(() => reject(down), 10_000)),
    );
    // Nothing but a transaction is asked for.
    const held = keep({ db: { transaction: () => ({ execute }) } } as unknown as Store, { everyMs: 1_000 });
    held.hold([one("a")], "here");
    await vi.advanceTimersByTimeAsync(60_000);
    const before = execute.mock.calls.length;
    const closed = held.close();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(execute.mock.calls.length - before).toBeLessThanOrEqual(2);
    await closed;
  });

  it("keep the end of a session whose tokens were revoked before", async () => {
    const held = keep(undefined);
    const tokens = { ...one("s"), issuer: OWN_ISSUER, dimension: "sid" } as const;
    held.hold([tokens], "here");
    expect(held.hold([{ ...tokens, reason: "signed_out", endsSession: true }], "here")).toHaveLength(1);
    expect(held.endReasonOf("s")).toBe("signed_out");
    held.letGo([{ ...tokens, issuer: undefined }]);
    expect([held.endReasonOf("s"), held.size]).toEqual(["signed_out", 1]);
    await held.close();
  });

  it("that were ordered here are still written here when another server ends their session", async () => {
    await using store = await openTestSqlite();
    const onError = vi.fn<(error: unknown) => void>();
    const held = keep(store, { everyMs: 1_000_000, onError });
    const tokens = { ...one("s"), issuer: OWN_ISSUER, dimension: "sid" } as const;
    const end = { ...tokens, reason: "signed_out", endsSession: true };
    held.hold([tokens], "here");
    expect(held.hold([end], "elsewhere")).toEqual([end]);
    await held.close();
    expect([held.size, onError.mock.calls]).toEqual([0, []]);
  });
});
