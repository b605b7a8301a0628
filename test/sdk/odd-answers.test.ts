import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { fromFunction, isSessionError, type TokenGrant, type TokenSource } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, pass } from "./kit.ts";

const GRANT: TokenGrant = { accessToken: "secret-1", lifetimeMs: 60_000, scopes: [] };
const CREDENTIAL = { username: "demo", password: "demo-password" };

function sourceOf(grant: TokenGrant): TokenSource & { readonly asked: () => number } {
  let asked = 0;
  const answer = async () => {
    asked += 1;
    return grant;
  };
  return { repeatable: true, acquire: answer, refresh: answer, revoke: async () => {}, asked: () => asked };
}

// What a program in plain JavaScript may well hand out.
const NOTHING = undefined as unknown as string;

test.each([
  { name: "an empty one", accessToken: "" },
  { name: "none", accessToken: NOTHING },
  { name: "one with a line break", accessToken: "secret-1\nsecret-2" },
  { name: "one with letters that headers cannot carry", accessToken: "secret-é" },
])("no call is made with a token that is none: $name", async ({ accessToken }) => {
  await using kit = await createKit();
  const { notes } = kit.tab({ source: sourceOf({ ...GRANT, accessToken }) });
  const error = await notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
  expect(isSessionError(error, "REFRESH_UNAVAILABLE")).toBe(true);
  expect(inspect(error, { depth: 10 })).not.toContain("secret-");
  expect(kit.calls()).toBe(0);
});

test("a function may read its token from a file that ends with a line break", async () => {
  await using kit = await createKit();
  const { session } = kit.tab({ source: fromFunction(async () => "secret-1\n") });
  expect(await session.token()).toBe("secret-1");
});

test.each([0, -1, Number.NaN])(
  "a token that lasts %d ms is asked for once, not again and again",
  async (lifetimeMs) => {
    await using kit = await createKit();
    const source = sourceOf({ ...GRANT, lifetimeMs });
    const { notes } = kit.tab({ source });
    for (let call = 0; call < 10; call += 1) {
      const error = await notes.getNote({ id: "1" }).catch((cause: unknown) => cause);
      expect(isSessionError(error, "REFRESH_UNAVAILABLE")).toBe(true);
    }
    expect(source.asked()).toBe(1);
  },
);

test("a token that lasts for ever can be stored", async () => {
  await using kit = await createKit();
  const { session } = kit.tab({
    source: fromFunction(async () => "token", { lifetimeMs: Number.POSITIVE_INFINITY }),
  });
  await session.token();
  expect(Number.isSafeInteger(session.getSnapshot().expiresAtMs)).toBe(true);
});

test("a sign-in that brings no token that can be used says so, without it", async () => {
  await using kit = await createKit();
  const source = { ...sourceOf(GRANT), signIn: async () => ({ ...GRANT, accessToken: "secret 1" }) };
  const { session } = kit.tab({ source });
  const error = await session.signIn(CREDENTIAL).catch((cause: unknown) => cause);
  expect(ConnectError.from(error).code).toBe(Code.Unknown);
  expect(ConnectError.from(error).rawMessage).toBe("no usable token");
  await session.ready;
  expect(session.getSnapshot().status).toBe("signed_out");
});

test("a server whose refreshes bring tokens without a life is left alone", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(CREDENTIAL);
  kit.clock.advance(600_000);
  kit.server.setLifetimeMs(0);
  for (let call = 0; call < 10; call += 1) {
    const result = await pass(kit.clock, notes.getNote({ id: "1" }));
    expect(result.status === "rejected" && isSessionError(result.reason, "REFRESH_UNAVAILABLE")).toBe(true);
  }
  expect(kit.server.counts().refreshes).toBe(4);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
});

test("an answer without scopes fails alone: whatever comes after it works", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  const scopes = NOTHING as unknown as string[];
  await expect(session.begin(async () => ({ ...GRANT, scopes }))).rejects.toThrow("scopes is not iterable");
  await session.begin(async () => GRANT);
  expect(await session.token()).toBe("secret-1");
});
