import { createSession, isSessionError, type Session } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { startApiServer } from "./api-server.ts";
import { ADMIN, until } from "./kit.ts";

import { assertFresh, DEMAND, METHOD, reauthRequired, setUp } from "./step-up-kit.ts";

describe("accounts and onStepUp", () => {
  test("carries on the session of a provider that has no name for it, where the account is the same", async () => {
    await using place = await setUp();
    for (const { to, isSame } of notEmpty([
      { to: { sub: "ada" }, isSame: true },
      { to: { sub: "bob" }, isSame: false },
      { to: undefined, isSame: false },
    ])) {
      await using api = await startApiServer({
        getNote({ id }, { requestHeader }) {
          if (requestHeader.get("authorization") === `Bearer ${jwtOf({ sub: "ada", at: 1 })}`) {
            throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
          }
          return { id };
        },
      });
      const grant = (accessToken: string) => async () => ({ accessToken, lifetimeMs: 60_000, scopes: [] });
      const source = { repeatable: false, refresh: grant("none"), revoke: async () => undefined };
      const session: Session = createSession({
        baseUrl: api.baseUrl,
        source,
        onStepUp: () => session.begin(grant(to === undefined ? "opaque" : jwtOf({ ...to, at: 2 }))),
      });
      await session.begin(grant(jwtOf({ sub: "ada", at: 1 })));
      const { sessionId } = session.getSnapshot();
      const outcome = await api
        .clientOf(session)
        .getNote({ id: "1" })
        .catch((error: unknown) => error);
      expect(isSessionError(outcome, "SIGNED_OUT")).toBe(!isSame);
      expect(session.getSnapshot().sessionId === sessionId).toBe(isSame);
      session.dispose();
    }
    expect(place.asked).toEqual([]);
  });

  test("never makes a call under another account", async () => {
    await using place = await setUp((_, session) => session.signIn(ADMIN));
    const error = await place.tab.notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
    expect(isSessionError(error, "SIGNED_OUT")).toBe(true);
    expect(place.kit.tokensSeen).toEqual(["access-1"]);
  });
});

describe("streams and onStepUp", () => {
  test("open ones go on over a step-up, under the session that goes on", async () => {
    const events = Promise.withResolvers<void>();
    await using place = await setUp(undefined, {
      async *watchNotes() {
        yield { sequence: 1n };
        await events.promise;
        yield { sequence: 2n };
      },
    });
    const { tab } = place;
    const seen: bigint[] = [];
    const stream = (async () => {
      for await (const { sequence } of tab.notes.watchNotes({})) {
        seen.push(sequence);
      }
    })();
    await until(() => seen.length === 1);
    await tab.notes.getNote({ id: "1" });
    events.resolve();
    await stream;
    expect(seen).toEqual([1n, 2n]);
    expect(place.asked).toHaveLength(1);
  });

  for (const protocol of ["connect", "grpc-web"] as const) {
    test(`one that is refused is opened once more, before its first message: ${protocol}`, async () => {
      await using place = await setUp(undefined, {
        async *watchNotes() {
          assertFresh(place.kit);
          yield { sequence: 1n };
        },
      });
      const seen: bigint[] = [];
      for await (const { sequence } of place.tab.notesOver(protocol).watchNotes({})) {
        seen.push(sequence);
      }
      expect(seen).toEqual([1n]);
      expect(place.asked.map(({ method }) => method)).toEqual([METHOD.replace("GetNote", "WatchNotes")]);
    });
  }

  test("one that ends so after a message does not ask: it may have to go on elsewhere", async () => {
    await using place = await setUp(undefined, {
      async *watchNotes() {
        yield { sequence: 1n };
        throw createRefusal("REAUTH_REQUIRED", { metadata: DEMAND });
      },
    });
    const read = async () => {
      for await (const _ of place.tab.notes.watchNotes({})) {
      }
    };
    await expect(read()).rejects.toMatchObject(reauthRequired);
    expect(place.asked).toEqual([]);
  });
});

describe("what a server asks for", () => {
  test.each([
    { metadata: {}, acrValues: [], maxAgeSeconds: undefined },
    { metadata: { max_age: "0" }, acrValues: [], maxAgeSeconds: 0 },
    { metadata: { acr_values: "a" }, acrValues: ["a"], maxAgeSeconds: undefined },
    { metadata: { acr_values: "x".repeat(26), max_age: "7" }, acrValues: ["x".repeat(26)], maxAgeSeconds: 7 },
    {
      metadata: { max_age: "86400", acr_values: `${"u".repeat(150)} ${"v".repeat(200)}` },
      acrValues: ["u".repeat(150), "v".repeat(200)],
      maxAgeSeconds: 86_400,
    },
    { metadata: { acr_values: "max_age", max_age: "9" }, acrValues: ["max_age"], maxAgeSeconds: 9 },
    { metadata: { max_age: "soon", acr_values: "ä é" }, acrValues: ["ä", "é"], maxAgeSeconds: undefined },
  ])("is read from $metadata", async ({ metadata, acrValues, maxAgeSeconds }) => {
    await using place = await setUp();
    place.demands.set("1", metadata);
    await place.tab.notes.getNote({ id: "1" });
    expect(place.asked).toMatchObject([{ acrValues, maxAgeSeconds }]);
  });
});

/** A token of a provider, which no one verifies here. */
function jwtOf(claims: object): string {
  const payload = JSON.stringify({ iss: "https://idp.example", ...claims });
  return `e30.${Buffer.from(payload).toString("base64url")}.c2ln`;
}
