import { expect, test } from "vitest";
import type { Revoked } from "../../../server/gate/src/revoked/revoked.ts";
import { createRevokedSet } from "../../../server/gate/src/revoked/revoked-set.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { ISSUED_AT_MS, tokenOf } from "./tokens.ts";

const EXPIRES_AT_MS = ISSUED_AT_MS + 600_000;

/** A change of what the tokens of a subject say, with some members changed. */
function changeOf(changedClaims: Revoked["changedClaims"], more: Partial<Revoked> = {}): Revoked {
  return {
    issuer: "https://a.test",
    dimension: "sub",
    value: "subject",
    beforeMs: ISSUED_AT_MS,
    expiresAtMs: EXPIRES_AT_MS,
    changedClaims,
    ...more,
  };
}

test("a change is found by what a token is known by, and revokes no token", () => {
  const set = createRevokedSet();
  expect(set.changesOf(tokenOf())).toBeUndefined();
  expect(set.add(changeOf({ roles: ["reader"] }))).toBe(true);
  expect(set.covers(tokenOf())).toBe(false);
  expect(set.changesOf(tokenOf())).toEqual([{ dimension: "sub", claims: { roles: ["reader"] } }]);
  expect(set.changesOf(tokenOf({ subject: "another" }))).toBeUndefined();
  expect(set.changesOf(tokenOf({ issuer: "https://b.test" }))).toBeUndefined();
  expect([...set.entries()]).toEqual([changeOf({ roles: ["reader"] })]);
  expect(set.size).toBe(1);
});

test("what limits a client comes behind what is changed of a subject, and every issuer has its part", () => {
  const set = createRevokedSet();
  set.add(changeOf({ scope: "a" }, { dimension: "client_id", value: "client" }));
  set.add(changeOf({ tier: 1 }, { issuer: undefined, dimension: "sid", value: "session" }));
  set.add(changeOf({ roles: [] }));
  expect(set.changesOf(tokenOf())?.map(({ dimension }) => dimension)).toEqual(["sub", "sid", "client_id"]);
});

const ISSUED: readonly { readonly afterMs: number; readonly isChanged: boolean }[] = [
  { afterMs: -600_000, isChanged: true },
  { afterMs: 0, isChanged: true },
  // It may be of a sign-in that read what was true before.
  { afterMs: 5_000, isChanged: true },
  { afterMs: 6_000, isChanged: false },
];
for (const { afterMs, isChanged } of notEmpty(ISSUED)) {
  test(`a token that was issued ${afterMs} ms after a change ${isChanged ? "is" : "is not"} changed`, () => {
    const set = createRevokedSet();
    set.add(changeOf({ roles: [] }));
    const token = tokenOf({ issuedAtSeconds: (ISSUED_AT_MS + afterMs) / 1_000 });
    expect(set.changesOf(token) !== undefined).toBe(isChanged);
  });
}

test("of two changes the later one counts for each claim, in whichever order they come, and twice is no news", () => {
  const earlier = changeOf({ roles: ["admin"], tier: 1 });
  const later = changeOf({ roles: [] }, { beforeMs: ISSUED_AT_MS + 1 });
  const joined = [{ dimension: "sub", claims: { roles: [], tier: 1 } }];
  for (const changes of [
    [earlier, later],
    [later, earlier],
  ]) {
    const set = createRevokedSet();
    expect(changes.map((change) => set.add(change))).toEqual([true, true]);
    expect(set.changesOf(tokenOf())).toEqual(joined);
    const known = set.changesOf(tokenOf())?.[0]?.claims;
    expect(changes.map((change) => set.add(change))).toEqual([false, false]);
    expect(set.changesOf(tokenOf())?.[0]?.claims).toBe(known);
  }
});

test("a change is dropped when no token can be valid any more that it is about", () => {
  const set = createRevokedSet();
  set.add(changeOf({ roles: [] }));
  set.add(changeOf({ roles: [] }, { value: "another", expiresAtMs: EXPIRES_AT_MS + 1 }));
  set.forget(EXPIRES_AT_MS - 1);
  expect(set.size).toBe(2);
  set.forget(EXPIRES_AT_MS);
  expect(set.changesOf(tokenOf())).toBeUndefined();
  expect(set.size).toBe(1);
  set.forget(EXPIRES_AT_MS + 1);
  expect(set.size).toBe(0);
});
