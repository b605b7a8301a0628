import { expect, it } from "vitest";
import { createAccounts } from "../../../server/issuer/src/credentials/accounts.ts";
import { createClients } from "../../../server/issuer/src/credentials/clients.ts";
import { createPasswords } from "../../../server/issuer/src/credentials/password.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { listRevocationsAfter, type RevocationRecord } from "../../../server/issuer/src/store/revocations.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";

const ADA = { username: "ada", password: "correct horse", scopes: ["a", "b"], roles: ["editor"] };
const BILLING = {
  ...{ clientId: "billing", scopes: ["a", "b"], roles: ["editor"], grants: ["client_credentials"] },
  mayIntrospect: false,
};

/** Accounts and clients on a store, and what the servers learn of their changes. */
async function start(store: Store, hasClaimsHook = false) {
  const clock = createWallClock();
  const learnt: RevocationRecord[] = [];
  const options = {
    store,
    clock,
    hasClaimsHook,
    sessions: { end: () => Promise.resolve() },
    revocations: {
      learn: (records: readonly RevocationRecord[]) => void learnt.push(...records),
      revoke: () => Promise.resolve(),
    },
  };
  const passwords = createPasswords({ memoryKib: 64, passes: 1 });
  const accounts = createAccounts({ ...options, passwords, replaceHash: () => Promise.resolve([]) });
  const clients = createClients(options);
  const { subject } = await accounts.create(ADA);
  await clients.create(BILLING);
  return { clock, accounts, clients, subject, learnt };
}

const ROW = { issuer: "", reason: "rights_changed" };

describeStores("changed rights", (open) => {
  it("of an account are written for its tokens of before, with the claims that are other or gone", async () => {
    await using store = await open();
    const { clock, accounts, subject, learnt } = await start(store);
    const nowMs = clock.nowMs();
    const change = { ...ROW, dimension: "sub", value: subject, beforeMs: nowMs, revokedAtMs: nowMs };
    await accounts.update("ada", { roles: [], claims: { tenant: "blue", plan: 1 } });
    await accounts.update("ada", { scopes: ["a"], claims: { plan: 2 } });
    // What says the same as before changes no token.
    await accounts.update("ada", { roles: [], scopes: ["a"], claims: { plan: 2 } });
    await accounts.update("ada", { disabled: false });
    const written = [
      { ...change, changedClaims: { scope: "a b", roles: [], tenant: "blue", plan: 1 } },
      { ...change, changedClaims: { scope: "a", roles: [], tenant: null, plan: 2 } },
    ];
    expect(await listRevocationsAfter(store, 0, 10)).toMatchObject(written);
    expect(learnt).toMatchObject(written);
  });

  it("of a client are written for its own tokens, and limit those that it has for others", async () => {
    await using store = await open();
    const { clients, learnt } = await start(store);
    await clients.update("billing", { scopes: ["a"] });
    await clients.update("billing", { claims: { tenant: "blue" } });
    await clients.update("billing", { mayIntrospect: true });
    const [own, others] = [
      { ...ROW, dimension: "sub", value: expect.stringContaining("billing") },
      { ...ROW, dimension: "client_id", value: "billing" },
    ];
    expect(learnt).toMatchObject([
      { ...own, changedClaims: { scope: "a", roles: ["editor"] } },
      { ...others, changedClaims: { scope: "a", roles: ["editor"] } },
      { ...own, changedClaims: { scope: "a", roles: ["editor"], tenant: "blue" } },
    ]);
  });

  it("revoke the tokens where they are too large to be sent to every server", async () => {
    await using store = await open();
    const { accounts, subject, learnt } = await start(store);
    await accounts.update("ada", { claims: { note: "x".repeat(2_048) } });
    expect(learnt).toMatchObject([{ ...ROW, dimension: "sub", value: subject }]);
    expect(learnt[0]).not.toHaveProperty("changedClaims");
  });

  it("leave custom claims to a hook that says what tokens have", async () => {
    await using store = await open();
    const { accounts, learnt } = await start(store, true);
    await accounts.update("ada", { claims: { tenant: "blue" } });
    await accounts.update("ada", { roles: [], claims: {} });
    expect(learnt.map(({ changedClaims }) => changedClaims)).toEqual([{ scope: "a b", roles: [] }]);
  });
});
