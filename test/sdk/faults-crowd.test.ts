import { setImmediate } from "node:timers/promises";
import { createSession, type Session, type TokenSource } from "@countersign/sdk";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { LIFETIME_MS } from "./kit.ts";

const CLIENTS = 10_000;
const SECOND_MS = 1_000;

test("row 41: 10,000 clients that got their tokens in the same second do not refresh in a crowd", async () => {
  const clock = createFakeClock();
  const perSecond = new Map<number, number>();
  const grant = { accessToken: "a", lifetimeMs: LIFETIME_MS, scopes: [] };
  const source: TokenSource = {
    repeatable: true,
    async refresh() {
      const second = Math.floor(clock.monotonicMs() / SECOND_MS);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      return grant;
    },
    revoke: async () => undefined,
  };
  const sessions: Session[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    const session = createSession({ baseUrl: "https://api.example", source, clock });
    await session.begin(async () => grant);
    session.subscribe(() => undefined);
    sessions.push(session);
    clock.advance(SECOND_MS / CLIENTS);
  }
  while (clock.monotonicMs() < LIFETIME_MS) {
    clock.advance(SECOND_MS);
    await setImmediate();
  }
  for (const session of sessions) {
    session.dispose();
  }
  expect(sessions.every((session) => session.getSnapshot().generation === 2)).toBe(true);
  const seconds = [...perSecond.keys()];
  const spread = Math.max(...seconds) - Math.min(...seconds);
  expect(spread).toBeGreaterThanOrEqual(15);
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual((5 * CLIENTS) / (spread + 1));
});
