import { Delivery } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { parseSetCookie } from "cookie";
import { describe, expect, it } from "vitest";
import { createKnownDevices } from "../../../server/issuer/src/credentials/known-devices.ts";
import { readDeviceProofs, writeDeviceProofs } from "../../../server/issuer/src/services/device-cookie.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { COOKIE_ORIGIN } from "../../support/own-issuer.ts";
import { bearer, type SessionServer, startSessionServer } from "../../support/session-server.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { refusal } from "./session-calls.ts";

const NAME = "__Secure-countersign_devices";
const DAY_SECONDS = 86_400;

/** Make the call with a cookie, and find the cookie of devices in what is answered. */
async function signIn(
  { client }: SessionServer,
  {
    cookie = "",
    password = "correct horse",
    delivery = Delivery.COOKIE,
  }: { cookie?: string; password?: string; delivery?: Delivery } = {},
) {
  let written: string | undefined;
  const credential = { case: "password", value: { username: "ada", password } } as const;
  const { tokens } = await client.signIn(
    { credential, delivery },
    {
      headers: { origin: COOKIE_ORIGIN, cookie },
      onHeader: (headers) => {
        written = headers.getSetCookie().find((line) => line.startsWith(NAME));
      },
    },
  );
  return { tokens, written };
}

/** A server at whose account strangers have guessed, and the cookie of a browser that was there before. */
async function startGuessed() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startSessionServer());
  const { written = "" } = await signIn(server);
  for (let n = 0; n < 5; n++) {
    await refusal(signIn(server, { password: "wrong horse" }));
  }
  expect(await refusal(signIn(server))).toMatchObject({ reason: "RATE_LIMITED", retries: 1 });
  const kept = stack.move();
  const { value = "" } = parseSetCookie(written);
  return { server, cookie: `${NAME}=${value}`, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const PLANTED = notEmpty([
  { name: "alone", of: (own: string) => own },
  { name: "behind a planted one", of: (own: string) => `${NAME}=planted; ${own}` },
  { name: "before a planted one", of: (own: string) => `${own}; ${NAME}=planted; ${NAME}=` },
  { name: "behind one that is too long", of: (own: string) => `${NAME}=${"x".repeat(4_000)}; ${own}` },
  { name: "behind seven", of: (own: string) => `${`${NAME}=${"x".repeat(43)}; `.repeat(7)}${own}` },
]);

describe("the cookie of devices", () => {
  it("is left by a sign-in whose refresh token is in the cookie, where scripts and other sites cannot get at it", async () => {
    await using server = await startSessionServer();
    const { written } = await signIn(server);
    expect(parseSetCookie(written ?? "")).toEqual({
      name: NAME,
      value: expect.stringMatching(/^[\w-]{43}$/),
      httpOnly: true,
      secure: true,
      sameSite: "strict",
      path: "/countersign.auth.v1.SessionService/",
      maxAge: 180 * DAY_SECONDS,
    });
    expect((await signIn(server, { delivery: Delivery.BODY })).written).toBeUndefined();
    expect(await refusal(signIn(server, { password: "wrong horse" }))).toMatchObject({
      code: "Unauthenticated",
    });
  });

  it("stays when the session ends", async () => {
    await using server = await startSessionServer();
    const { tokens } = await signIn(server);
    let lines: readonly string[] = [];
    await server.client.signOut(
      {},
      {
        headers: { ...bearer(tokens?.accessToken ?? "").headers, cookie: `${NAME}=x` },
        onHeader: (headers) => {
          lines = headers.getSetCookie();
        },
      },
    );
    expect(lines.filter((line) => line.includes(NAME))).toEqual([]);
  });

  for (const { name, of } of PLANTED) {
    it(`lets the owner in while strangers have to wait: ${name}`, async () => {
      await using guessed = await startGuessed();
      const { tokens } = await signIn(guessed.server, { cookie: of(guessed.cookie) });
      expect(tokens?.accessToken).not.toBe("");
    });
  }

  it("proves nothing once the password is another one, alone and before a proof of the new one", async () => {
    await using guessed = await startGuessed();
    const { server, cookie } = guessed;
    const { tokens } = await signIn(server, { cookie });
    const change = { currentPassword: "correct horse", newPassword: "battery staple" };
    await server.client.changePassword(change, bearer(tokens?.accessToken ?? ""));
    const password = change.newPassword;
    expect(await refusal(signIn(server, { cookie, password }))).toMatchObject({ reason: "RATE_LIMITED" });
    server.issuer.clock.advance(5 * 60_000);
    const { value: renewed = "" } =
      parseSetCookie((await signIn(server, { cookie, password })).written ?? "") ?? {};
    for (let n = 0; n < 5; n++) {
      await refusal(signIn(server, { password: "wrong horse" }));
    }
    expect(await refusal(signIn(server, { cookie, password }))).toMatchObject({ reason: "RATE_LIMITED" });
    await signIn(server, { cookie: `${cookie}; ${NAME}=${renewed}`, password });
  });

  it("is no error when it is worth nothing", async () => {
    await using guessed = await startGuessed();
    for (const cookie of [
      `${NAME}=`,
      `${NAME}=....`,
      `${NAME}=${"x".repeat(5_000)}`,
      `${NAME}="a"; ${NAME}`,
    ]) {
      expect(await refusal(signIn(guessed.server, { cookie }))).toMatchObject({ reason: "RATE_LIMITED" });
    }
  });

  it("has room for four accounts, and is never longer than is read", () => {
    const devices = createKnownDevices({
      issuer: "https://issuer.example",
      secret: new Uint8Array(32).fill(7),
      clock: createWallClock(),
    });
    let value = "";
    for (const account of ["a", "b", "c", "d", "e", "e"]) {
      const ctx = {
        requestHeader: new Headers({ cookie: `${NAME}=${value}` }),
        responseHeader: new Headers(),
      };
      writeDeviceProofs(ctx, devices.add(readDeviceProofs(ctx), { account, passwordHash: "$argon2id$" }));
      value = parseSetCookie(ctx.responseHeader.getSetCookie()[0] ?? "")?.value ?? "";
    }
    expect(value).toHaveLength(4 * 43 + 3);
    expect(readDeviceProofs({ requestHeader: new Headers({ cookie: `${NAME}=${value}` }) })).toHaveLength(4);
  });
});
