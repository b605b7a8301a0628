import { Code, ConnectError } from "@connectrpc/connect";
import { createSession, type TokenGrant, type TokenSource, TokenSourceError } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { LIFETIME_MS, pass } from "./kit.ts";

const GRACE_MS = 10_000;

/** A provider that replaces refresh tokens, loses its first answers, and takes a replaced token again for a while. */
function createProvider(lost: number, resendGraceMs?: number) {
  const clock = createFakeClock();
  let refreshes = 0;
  let replacedAtMs: number | undefined;
  const grant = (): TokenGrant => ({
    accessToken: `access-${refreshes}`,
    refreshToken: `refresh-${refreshes}`,
    lifetimeMs: LIFETIME_MS,
    scopes: [],
  });
  const source: TokenSource = {
    repeatable: false,
    resendGraceMs,
    async refresh() {
      refreshes += 1;
      if (replacedAtMs !== undefined && clock.nowMs() - replacedAtMs > GRACE_MS) {
        throw new TokenSourceError("final", "invalid_grant");
      }
      replacedAtMs ??= clock.nowMs();
      if (refreshes <= lost) {
        throw new ConnectError("connection lost", Code.Unavailable);
      }
      return grant();
    },
    revoke: async () => undefined,
  };
  const session = createSession({ baseUrl: "https://api.example", source, clock });
  return { clock, session, grant, refreshes: () => refreshes };
}

test("a foreign server is asked once more within the grace that was declared for it", async () => {
  const { clock, session, grant, refreshes } = createProvider(1, GRACE_MS);
  await session.begin(async () => grant());
  clock.advance(LIFETIME_MS);
  expect(await pass(clock, session.token())).toEqual({ status: "fulfilled", value: "access-2" });
  expect(refreshes()).toBe(2);
});

test("and never a third time", async () => {
  const { clock, session, grant, refreshes } = createProvider(3, GRACE_MS);
  await session.begin(async () => grant());
  clock.advance(LIFETIME_MS);
  expect(await pass(clock, session.token())).toMatchObject({ status: "rejected" });
  expect(refreshes()).toBe(2);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
});

test("without a grace it is asked once, and the next refresh ends the session", async () => {
  const { clock, session, grant, refreshes } = createProvider(1);
  await session.begin(async () => grant());
  clock.advance(LIFETIME_MS);
  expect(await pass(clock, session.token())).toMatchObject({ status: "rejected" });
  expect(refreshes()).toBe(1);
  clock.advance(GRACE_MS + 1);
  await expect(session.token()).rejects.toThrow("signed out");
  expect(refreshes()).toBe(2);
});
