import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { toFederatedSubject } from "../../server/issuer/src/credentials/federated-identity.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../server/issuer/src/sessions/session-options.ts";
import { openDatabase } from "../../server/issuer/src/store/database.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { createWallClock } from "../support/test-clock.ts";
import { startTestIssuer } from "../support/test-issuer.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const IDP = "https://idp.example";
const LONG_DEVICE = `Mozilla/5.0 ${"x".repeat(100)}`;

/** A store with sessions of an account, and of one whom another issuer knows: in our own pages and in a client. */
async function makeSessions(dataDir: string) {
  await using store = await openDatabase({ sqlite: databaseIn(dataDir) });
  using issuer = await startTestIssuer(store, createWallClock(Date.now()));
  const { sessions, account } = issuer;
  const external = { issuer: IDP, subject: "eve" };
  const holder = { subject: toFederatedSubject(IDP, "eve"), scopes: ["notes:read"], roles: [] };
  const common = { holder, external, scopes: [], refreshForMs: 3_600_000 };
  await store.db.insertInto("clients").values(AGENT).execute();
  const use = { device: LONG_DEVICE, address: "192.0.2.1" };
  const own = await sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], use });
  const federated = await sessions.beginExternal({ ...common, clientId: FIRST_PARTY_CLIENT_ID });
  const viaClient = await sessions.beginExternal({ ...common, clientId: "agent" });
  return { own: own.sessionId, federated: federated.sessionId, viaClient: viaClient.sessionId };
}

const AGENT = {
  ...{ client_id: "agent", scopes: "[]", roles: "[]", grants: "[]", may_introspect: 0, created_at: 1 },
  ...{ secret_hash: null, previous_secret_hash: null, previous_secret_expires_at: null, jwks: null },
  disabled_at: null,
};

async function start() {
  const folder = await createTemporaryFolder();
  const ids = await makeSessions(folder.path);
  const run = async (...args: string[]) => {
    const terminal = recordingTerminal({ env: { COUNTERSIGN_DATA_DIR: folder.path } });
    const code = await runCommand(["session", ...args], terminal);
    return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
  };
  const list = async (...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    JSON.parse((await run("list", ...args, "--json")).out);
  return { ids, run, list, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const EVE = ["--external-issuer", IDP, "--external-subject", "eve"];

describe("session list", () => {
  test("finds whom another issuer knows by its names, and by the subject that they have here", async () => {
    await using started = await start();
    const { ids, list, run } = started;
    const listed = await list(...EVE);
    expect(new Set(listed.map(({ session }) => session))).toEqual(new Set([ids.federated, ids.viaClient]));
    expect(new Set(listed.map(({ issuer }) => issuer))).toEqual(new Set([IDP]));
    expect(await list("--subject", toFederatedSubject(IDP, "eve"))).toEqual(listed);
    expect(await list("--user", "ada")).toMatchObject([{ session: ids.own, issuer: null }]);
    expect((await run("list", "--user", "ada")).out).toMatch(/^SESSION +CLIENT +ISSUER +DEVICE +ADDRESS/);
  });

  test("shows the device, cut short in the table, and the address of each", async () => {
    await using started = await start();
    expect(await started.list("--user", "ada")).toMatchObject([
      { device: LONG_DEVICE, address: "192.0.2.1", refreshed: expect.stringMatching(/Z$/) },
    ]);
    expect(await started.list(...EVE)).toMatchObject([{ device: null }, { address: null }]);
    expect((await started.run("list", "--user", "ada")).out).toContain(
      ` ${LONG_DEVICE.slice(0, 39)}…  192.0.2.1 `,
    );
  });
});

describe("session revoke", () => {
  const targets = [
    { args: EVE, ends: ["federated", "viaClient"] },
    { args: ["--external-issuer", IDP], ends: ["federated", "viaClient"] },
    { args: ["--client", "agent"], ends: ["viaClient"] },
    { args: ["--user", "ada"], ends: ["own"] },
    { args: ["--external-issuer", "https://other.example"], ends: [] },
  ] as const;
  for (const { args, ends } of targets) {
    test(`${args.join(" ")} ends ${ends.length === 0 ? "nothing" : ends.join(" and ")}`, async () => {
      await using started = await start();
      const { ids, run } = started;
      const { code, out } = await run("revoke", ...args, "--json");
      expect(code).toBe(0);
      expect(new Set(JSON.parse(out).revoked)).toEqual(new Set(ends.map((name) => ids[name])));
      expect((await run("revoke", ...args)).out).toBe("0 ended.");
    });
  }

  test("ends one session, once", async () => {
    await using started = await start();
    const { ids, run } = started;
    expect(await run("revoke", ids.federated)).toMatchObject({ code: 0, out: "1 ended." });
    expect(await run("revoke", ids.federated)).toMatchObject({ code: 1 });
  });
});

describe("an owner that is not clear", () => {
  const calls = [
    ["list"],
    ["list", "--external-issuer", IDP],
    ["list", "--client", "agent"],
    ["list", "--user", "ada", "--subject", "x"],
    ["list", "--external-subject", "eve"],
    ["revoke"],
    ["revoke", "some-session", "--user", "ada"],
  ];
  for (const args of calls) {
    test(`${args.join(" ")} is a wrong call`, async () => {
      await using started = await start();
      expect(await started.run(...args)).toMatchObject({ code: 2 });
    });
  }
});
