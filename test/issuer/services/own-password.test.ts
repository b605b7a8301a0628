import { create } from "@bufbuild/protobuf";
import { ChangePasswordRequestSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, it, vi } from "vitest";
import { assertPasswordChange } from "../../../server/issuer/src/services/session-input.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { bearer, type SessionServer, startSessionServer } from "../../support/session-server.ts";
import { addTestAccount } from "../../support/test-issuer.ts";
import { refusal, signIn, signInRequest } from "./session-calls.ts";

const CHANGE = { currentPassword: "correct horse", newPassword: "battery staple" };

/** Whether ada can sign in with a password. */
async function canSignIn({ client }: SessionServer, password: string): Promise<boolean> {
  return (await refusal(client.signIn(signInRequest({ password })))).code === "none";
}

it("replaces the password, goes on with the session of the call, and ends the others", async () => {
  await using server = await startSessionServer();
  const { client, issuer } = server;
  const [phone, mine] = [await signIn(server), await signIn(server)];
  const auth = bearer(mine.accessToken);
  expect(await client.changePassword(CHANGE, auth)).toMatchObject({ revokedCount: 1 });
  expect(await canSignIn(server, CHANGE.currentPassword)).toBe(false);
  expect(await canSignIn(server, CHANGE.newPassword)).toBe(true);
  expect(issuer.revoked).toMatchObject([{ value: phone.sessionId, reason: "password_changed" }]);
  expect(await client.refresh({ refreshToken: mine.refreshToken })).toMatchObject({
    tokens: { sessionId: mine.sessionId },
  });
  const { subject } = await client.whoAmI({}, auth);
  expect(server.events).toContainEqual({ type: "password_changed", subject });
});

it("lets the other sessions go on when it is asked to", async () => {
  await using server = await startSessionServer();
  const [, mine] = [await signIn(server), await signIn(server)];
  const call = server.client.changePassword({ ...CHANGE, keepOtherSessions: true }, bearer(mine.accessToken));
  expect(await call).toMatchObject({ revokedCount: 0 });
  expect(server.issuer.revoked).toEqual([]);
});

it("refuses a wrong current password, changes nothing, and puts it on record without the password", async () => {
  await using server = await startSessionServer();
  const [, mine] = [await signIn(server), await signIn(server)];
  const auth = bearer(mine.accessToken);
  const call = server.client.changePassword({ ...CHANGE, currentPassword: "wrong horse" }, auth);
  expect(await refusal(call)).toMatchObject({ code: "Unauthenticated", reason: "CREDENTIALS_INVALID" });
  await expect(call).rejects.toThrow("the current password is wrong");
  expect(await canSignIn(server, CHANGE.currentPassword)).toBe(true);
  expect(server.issuer.revoked).toEqual([]);
  expect(server.events.filter(({ type }) => type === "password_change_failed")).toEqual([
    {
      ...{ type: "password_change_failed", reason: "CREDENTIALS_INVALID", sessionId: mine.sessionId },
      subject: expect.stringMatching(/^usr_/),
    },
  ]);
});

it("slows down guessing with a session, and leaves sign-ins alone", async () => {
  await using server = await startSessionServer();
  const auth = bearer((await signIn(server)).accessToken);
  const guess = () => server.client.changePassword({ ...CHANGE, currentPassword: "wrong horse" }, auth);
  for (let tried = 0; tried < 5; tried += 1) {
    expect(await refusal(guess())).toMatchObject({ reason: "CREDENTIALS_INVALID" });
  }
  expect(await refusal(guess())).toMatchObject({ reason: "RATE_LIMITED", retries: 1 });
  expect(await refusal(server.client.changePassword(CHANGE, auth))).toMatchObject({ reason: "RATE_LIMITED" });
  expect(await canSignIn(server, CHANGE.currentPassword)).toBe(true);
});

it("counts against the session, right or wrong", async () => {
  await using server = await startSessionServer();
  const auth = bearer((await signIn(server)).accessToken);
  const [one, other] = [CHANGE.currentPassword, CHANGE.newPassword];
  for (let tried = 1; tried <= 30; tried += 1) {
    const [currentPassword, newPassword] = tried % 2 === 1 ? [one, other] : [other, one];
    await server.client.changePassword({ currentPassword, newPassword }, auth);
  }
  expect(await refusal(server.client.changePassword(CHANGE, auth))).toMatchObject({ reason: "RATE_LIMITED" });
});

it("takes no text that cannot be a password", async () => {
  await using server = await startSessionServer();
  const auth = bearer((await signIn(server)).accessToken);
  for (const [change, field] of [
    [{ currentPassword: "" }, "current_password"],
    [{ currentPassword: "x".repeat(1_025) }, "current_password"],
    [{ newPassword: "1234567" }, "new_password"],
    [{ newPassword: "ü".repeat(513) }, "new_password"],
    [{ newPassword: "battery\u0000staple" }, "new_password"],
    [{ newPassword: CHANGE.currentPassword }, "new_password"],
    [{ currentPassword: "cafe\u0301 noir", newPassword: "caf\u00e9 noir" }, "new_password"],
  ] as const) {
    const call = server.client.changePassword({ ...CHANGE, ...change }, auth);
    expect(await refusal(call)).toMatchObject({ code: "InvalidArgument", fields: [field] });
  }
  expect(await canSignIn(server, CHANGE.currentPassword)).toBe(true);
});

it("is not for clients, nor for those who have no password here", async () => {
  await using server = await startSessionServer();
  const { client, issuer } = server;
  const account = await addTestAccount(issuer.store, "eve");
  const viaClient = await issuer.sessions.begin({ account, clientId: "agent", scopes: [] });
  expect(await refusal(client.changePassword(CHANGE, bearer(viaClient.accessToken)))).toMatchObject({
    reason: "POLICY_DENIED",
  });
  const external = { issuer: "https://idp.example", subject: "zoe" };
  const { accessToken } = await issuer.sessions.beginExternal({
    ...{ external, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], refreshForMs: 60_000 },
    holder: { subject: "ext_zoe", scopes: ["notes:read"], roles: [] },
  });
  expect(await refusal(client.changePassword(CHANGE, bearer(accessToken)))).toMatchObject({
    code: "FailedPrecondition",
  });
});

// "a" with 20,000 marks above and as many below takes V8 five seconds, and four times as many a minute and more.
it("brings no text longer than a password into its normal form", () => {
  const long = `a${"\u0300".repeat(600)}${"\u0316".repeat(600)}`;
  const normalize = vi.spyOn(String.prototype, "normalize");
  try {
    for (const [currentPassword, newPassword] of [
      [long, CHANGE.newPassword],
      [CHANGE.currentPassword, long],
      [long, long],
    ] as const) {
      const request = create(ChangePasswordRequestSchema, { currentPassword, newPassword });
      expect(() => assertPasswordChange(request)).toThrow("must not be longer than 1024 bytes");
    }
    expect(normalize).not.toHaveBeenCalled();
  } finally {
    normalize.mockRestore();
  }
});
