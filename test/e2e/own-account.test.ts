import { createClient } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createNodeTransport } from "@countersign/sdk/node";
import { expect, test } from "vitest";
import { DEMO_ACCOUNT, startServer } from "../support/server-process.ts";
import { collect, signInSession } from "../support/stream-runs.ts";

test("a user who changes the password stays signed in, and signs the other devices and their streams out", async () => {
  await using server = await startServer();
  const { baseUrl } = server;
  await using phone = await signInSession(baseUrl);
  await using laptop = await signInSession(baseUrl);
  const account = createClient(SessionService, createNodeTransport({ baseUrl, session: laptop.session }));
  const { sessions } = await account.listSessions({});
  expect(sessions).toHaveLength(2);
  expect(sessions).toMatchObject([{ address: "127.0.0.1" }, { address: "127.0.0.1" }]);
  expect(sessions.every(({ device }) => device.includes("connect-es"))).toBe(true);

  const watched = collect(phone.grpc.watchNotes({ afterSequence: 0n }));
  const { revokedCount } = await account.changePassword({
    currentPassword: DEMO_ACCOUNT.password,
    newPassword: "another-password",
  });

  expect(revokedCount).toBe(1);
  await expect(watched.ended).rejects.toThrow();
  await expect(phone.session.refresh()).rejects.toThrow();
  expect(phone.session.getSnapshot().status).toBe("signed_out");
  await laptop.session.refresh();
  expect((await account.listSessions({})).sessions).toMatchObject([{ current: true }]);
  await expect(signInSession(baseUrl)).rejects.toMatchObject({
    rawMessage: expect.stringContaining("wrong"),
  });
  await laptop.session.signIn({ ...DEMO_ACCOUNT, password: "another-password" });
});
