import type { SessionSnapshot } from "@countersign/sdk/browser";
import { SessionError } from "@countersign/sdk/browser";
import { describe, expect, test } from "vitest";
import { applyTokenLife } from "../../../web-demo/src/session/apply-token-life.ts";
import { createTokenLife } from "../../../web-demo/src/session/token-life.ts";

function memoryStorage(entries: Readonly<Record<string, string>> = {}) {
  const values = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

describe("the chosen life", () => {
  test("is kept for other tabs and after a reload, and told of", () => {
    const storage = memoryStorage();
    const life = createTokenLife(storage);
    const told: (number | undefined)[] = [];
    const stop = life.subscribe(() => told.push(life.getSnapshot()));
    life.choose(5_000);
    life.choose(undefined);
    stop();
    life.choose(15_000);
    expect(told).toEqual([5_000, undefined]);
    expect(createTokenLife(storage).getSnapshot()).toBe(15_000);
  });

  for (const text of ["", "soon", "0", "1999", "-5000"]) {
    test(`is none when "${text}" is stored`, () => {
      const storage = memoryStorage({ "countersign-demo.token-life-ms": text });
      expect(createTokenLife(storage).getSnapshot()).toBeUndefined();
    });
  }
});

/** A session whose refreshes end as scripted: an error, or a token of that many milliseconds. */
function sessionOf(lifeMs: number, script: readonly (number | Error)[]) {
  let expiresAtMs = lifeMs;
  let refreshes = 0;
  const snapshot = (): SessionSnapshot => ({
    ...{ status: "signed_in", scopes: [], refreshing: false, degraded: false },
    ...{ generation: 1, issuedAtMs: 0, expiresAtMs },
  });
  const refresh = async (): Promise<void> => {
    const result = script[refreshes];
    refreshes += 1;
    if (typeof result === "number") {
      expiresAtMs = result;
    } else {
      throw result ?? new SessionError("REFRESH_UNAVAILABLE");
    }
  };
  return { session: { getSnapshot: snapshot, refresh }, refreshes: () => refreshes };
}

const UNAVAILABLE = new SessionError("REFRESH_UNAVAILABLE");
const APPLICATIONS = [
  { what: "replaces a longer token", lifeMs: 600_000, script: [4_800], applied: true, refreshes: 1 },
  { what: "leaves a shorter one alone", lifeMs: 4_000, script: [], applied: true, refreshes: 0 },
  {
    what: "tries again while a refresh is not granted",
    ...{ lifeMs: 600_000, script: [UNAVAILABLE, UNAVAILABLE, 4_800], applied: true, refreshes: 3 },
  },
  { what: "gives up after a while", lifeMs: 600_000, script: [], applied: false, refreshes: 14 },
  {
    what: "gives up at once when nobody is signed in",
    ...{ lifeMs: 600_000, script: [new SessionError("SIGNED_OUT")], applied: false, refreshes: 1 },
  },
] as const;

describe("applying a shorter life", () => {
  for (const { what, lifeMs, script, applied, refreshes } of APPLICATIONS) {
    test(what, async () => {
      const { session, refreshes: made } = sessionOf(lifeMs, script);
      const wait = () => Promise.resolve();
      const { signal } = new AbortController();
      expect(await applyTokenLife({ session, wait }, 5_000, signal)).toBe(applied);
      expect(made()).toBe(refreshes);
    });
  }

  test("stops when another life is chosen", async () => {
    const { session, refreshes } = sessionOf(600_000, []);
    const stop = new AbortController();
    const wait = async () => stop.abort();
    expect(await applyTokenLife({ session, wait }, 5_000, stop.signal)).toBe(false);
    expect(refreshes()).toBe(1);
  });
});
