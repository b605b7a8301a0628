import { inspect } from "node:util";
import { encodeEntry, parseEntry, Secret, type StoreEntry } from "@countersign/sdk/store";
import fc from "fast-check";
import { expect, test } from "vitest";

const ENTRY: StoreEntry = {
  kind: "signed_in",
  revision: "r",
  sessionId: "s",
  generation: 3,
  accessToken: new Secret("access"),
  refreshToken: new Secret("refresh"),
  scopes: ["notes:read"],
  startedAtMs: 1,
  lifetimeMs: 2,
  refreshExpiresAtMs: 3,
  intent: { refreshId: "i", startedAtMs: 4 },
  health: { strikesAtMs: [5], failures: 1, retryAtMs: 6, forcedAtMs: 7 },
};

function revealed(entry: StoreEntry | undefined) {
  if (entry?.kind !== "signed_in") {
    return entry;
  }
  return { ...entry, accessToken: entry.accessToken.reveal(), refreshToken: entry.refreshToken?.reveal() };
}

test("reads back what it writes", () => {
  expect(revealed(parseEntry(encodeEntry(ENTRY)))).toEqual(revealed(ENTRY));
  const { refreshToken: _, refreshExpiresAtMs: __, intent: ___, ...least } = ENTRY;
  expect(revealed(parseEntry(encodeEntry(least)))).toEqual(revealed(least));
  const end: StoreEntry = {
    kind: "signed_out",
    revision: "r",
    sessionId: "s",
    generation: 3,
    reason: "revoked",
  };
  expect(parseEntry(encodeEntry(end))).toEqual(end);
});

test("takes a text that is torn anywhere for none", () => {
  const text = encodeEntry(ENTRY);
  for (let length = 0; length < text.length; length += 1) {
    expect(parseEntry(text.slice(0, length))).toBeUndefined();
  }
});

test("takes any other JSON for none, and never throws", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(parseEntry(JSON.stringify(value))).toBeUndefined();
    }),
  );
  const fields = JSON.parse(encodeEntry(ENTRY)) as Record<string, unknown>;
  for (const name of [
    "kind",
    "revision",
    "sessionId",
    "generation",
    "accessToken",
    "startedAtMs",
    "lifetimeMs",
    "scopes",
  ]) {
    expect(parseEntry(JSON.stringify({ ...fields, [name]: null })), name).toBeUndefined();
  }
});

test("an entry that is printed shows no token", () => {
  const shown = `${inspect(ENTRY, { showHidden: true, depth: 9 })}${JSON.stringify(ENTRY)}${String(new Secret("access"))}`;
  expect(shown).not.toMatch(/"access"|'access'|refresh'|"refresh"/);
  expect(shown).toContain("[redacted]");
});
