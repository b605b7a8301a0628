import { expect, it } from "vitest";
import { createAccounts } from "../../../server/issuer/src/credentials/accounts.ts";
import { createPasswordChange } from "../../../server/issuer/src/credentials/password-change.ts";
import { acceptAnyPassword } from "../../../server/issuer/src/credentials/password-rule.ts";
import { createHashReplacer } from "../../../server/issuer/src/sessions/replace-password.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { createPasswordServer } from "../../support/password-sign-ins.ts";
import { testPasswords as passwords } from "../../support/sign-ins.ts";
import { describeStores } from "../../support/stores.ts";
import { createTestClock } from "../../support/test-clock.ts";

const OF_OWNER = { sessionId: "ses_owner", peer: "", keepOtherSessions: false };

async function start(store: Store) {
  const clock = createTestClock();
  const sessions = { end: async () => [] };
  const events: unknown[] = [];
  const audit = { record: (event: unknown) => void events.push(event) };
  const replaceHash = createHashReplacer({ store, clock, audit, revocations: { learn: () => undefined } });
  const accounts = createAccounts({ store, clock, passwords, sessions, replaceHash });
  const account = { username: "ada", password: "correct horse", scopes: [], roles: [] };
  const { subject } = await accounts.create(account);
  const { passwordSignIn, signIn } = createPasswordServer({ store, clock });
  const change = createPasswordChange({
    ...{ store, passwords, passwordSignIn, audit, replaceHash },
    acceptPassword: acceptAnyPassword,
  });
  return { accounts, subject, signIn, change, events };
}

describeStores("a password that its owner replaces", (open) => {
  it("is replaced once when two requests prove the same one at the same time", async () => {
    await using store = await open();
    const { subject, change, signIn, events } = await start(store);
    const settled = await Promise.allSettled(
      ["battery staple", "paper clip box"].map((newPassword) =>
        change({ ...OF_OWNER, subject, currentPassword: "correct horse", newPassword }),
      ),
    );
    expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(settled.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { reason: "CREDENTIALS_INVALID" },
    });
    expect(events).toEqual([{ type: "password_changed", subject }]);
    await expect(signIn({ username: "ada", password: "correct horse" })).rejects.toMatchObject({
      reason: "CREDENTIALS_INVALID",
    });
  });

  it("is not replaced for an account that is disabled, and there is none of a stranger", async () => {
    await using store = await open();
    const { accounts, subject, change } = await start(store);
    await accounts.disable("ada");
    const passwordsOf = { ...OF_OWNER, currentPassword: "correct horse", newPassword: "battery staple" };
    await expect(change({ subject, ...passwordsOf })).rejects.toMatchObject({
      reason: "CREDENTIALS_INVALID",
    });
    expect(await change({ subject: "usr_unknown", ...passwordsOf })).toBeUndefined();
  });
});
