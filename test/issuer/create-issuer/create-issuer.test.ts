import { randomBytes } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import type { RevocableToken } from "../../../server/gate/src/revoked/revoked.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import type { RevocationOrder } from "../../../server/issuer/src/revoke/revocation-order.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { startPostgres } from "../../support/postgres.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { ADA, inFolder, refusal, serve, signIn } from "./own-issuer.ts";

describe("an issuer", () => {
  test("signs in, and a gate that trusts it refuses what it has revoked, with no further wiring", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    const account = await issuer.accounts.create(ADA);
    const server = serve(issuer);
    await server.auth.ready;
    const caller = await signIn(server);
    expect(await server.client.whoAmI({}, caller)).toMatchObject({ subject: account.subject });
    await issuer.sessions.end({ where: { subject: account.subject }, reason: "revoked_by_operator" });
    expect(await server.client.whoAmI({}, caller).catch(refusal)).toBe(Code.Unauthenticated);
  });

  test("ends the sessions of an account that is disabled at once, in this process", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    await issuer.accounts.create(ADA);
    const server = serve(issuer);
    const caller = await signIn(server);
    await issuer.accounts.disable("ada");
    expect(await server.client.whoAmI({}, caller).catch(refusal)).toBe(Code.Unauthenticated);
    expect(await signIn(server).catch(refusal)).toBe(Code.Unauthenticated);
  });

  test("is not trusted by a gate of another audience, which would refuse its tokens", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    const trustFor = (audience: string) => () =>
      createAuth({ routes: issuer.routes, issuers: [issuer.trust], audience });
    expect(trustFor("ledger")).toThrow(TypeError);
    expect(trustFor("ledger")).toThrow(
      "are for audience billing, and this server accepts them for ledger only",
    );
    expect(trustFor("billing")).not.toThrow();
  });

  test("goes on where another one on the same store has stopped", async () => {
    await using folder = await createTemporaryFolder();
    const first = await createIssuer(inFolder(folder.path));
    await first.accounts.create(ADA);
    const caller = await signIn(serve(first));
    await first.close();
    await using second = await createIssuer(inFolder(folder.path));
    expect(await serve(second).client.whoAmI({}, caller)).toMatchObject({
      issuer: "https://auth.example.com",
    });
  });

  test("takes no messages to its sessions that are larger than any of them", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    const { client } = serve(issuer);
    const large = client.signIn({ scopes: ["x".repeat(64 * 1024)] });
    expect(await large.catch(refusal)).toBe(Code.ResourceExhausted);
  });

  test("closes once, however often and by whomever it is closed", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    await issuer.assertUsable();
    await Promise.all([issuer.close(), issuer.close()]);
    await issuer.close();
    await expect(issuer.accounts.list()).rejects.toThrow();
    await expect(issuer.assertUsable()).rejects.toThrow();
  });

  test("revokes its own tokens, unless another issuer is named: both may have a subject of that name", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path));
    const token = { subject: "ada", issuedAtSeconds: 0 } as RevocableToken;
    const revoked = () =>
      ["https://auth.example.com", "https://idp.example"].map((name) =>
        issuer.revocations.isRevoked({ ...token, issuer: name }),
      );
    await issuer.revocations.revoke({ sub: "ada" });
    expect(revoked()).toEqual([true, false]);
    await issuer.revocations.revoke({ sub: "ada", issuer: "https://idp.example" });
    expect(revoked()).toEqual([true, true]);
    for (const order of [undefined, {}, { sub: "ada", sid: "s" }]) {
      const refused = async () => issuer.revocations.revoke(order as unknown as RevocationOrder);
      await expect(refused()).rejects.toThrow(TypeError);
    }
  });

  test("is trusted by its own clock, which on Postgres is the database's, unless the gate has another", async () => {
    await using folder = await createTemporaryFolder();
    const clock = createWallClock(Date.now() + 60_000);
    await using issuer = await createIssuer(inFolder(folder.path, { clock, accessTtlMs: 120_000 }));
    await issuer.accounts.create(ADA);
    const server = serve(issuer);
    const caller = await signIn(server);
    expect(await server.client.whoAmI({}, caller)).toMatchObject({ clientId: "countersign-first-party" });
    const behind = serve(issuer, { clock: systemClock });
    expect(await behind.client.whoAmI({}, caller).catch(refusal)).toBe(Code.Unauthenticated);
    clock.advance(180_000);
    expect(await server.client.whoAmI({}, caller).catch(refusal)).toBe(Code.Unauthenticated);
  });

  test("remembers what is revoked of another issuer for a day, for gates that trust it, too", async () => {
    await using folder = await createTemporaryFolder();
    await using issuer = await createIssuer(inFolder(folder.path, { accessTtlMs: 60_000 }));
    await issuer.revocations.revoke({ sub: "somebody", issuer: "https://idp.example" });
    await using store = await openDatabase({ sqlite: databaseIn(folder.path) });
    const row = await store.db.selectFrom("revocations").selectAll().executeTakeFirstOrThrow();
    expect((row.expires_at ?? 0) - row.revoked_at).toBeGreaterThan(24 * 60 * 60 * 1_000);
  });

  test("shares a Postgres with others: what one revokes, the gates of another refuse", async () => {
    await using postgres = await startPostgres();
    const options = {
      ...inFolder("unused"),
      store: { postgres: await postgres.createDatabase() },
      secret: randomBytes(32),
    };
    await using here = await createIssuer(options);
    await using there = await createIssuer(options);
    const { subject } = await here.accounts.create(ADA);
    const [first, second] = [serve(here), serve(there)];
    const caller = await signIn(first);
    expect(await second.client.whoAmI({}, caller)).toMatchObject({ subject });
    const { promise: learned, resolve } = Promise.withResolvers<void>();
    there.revocations.onRevoked(() => resolve());
    await here.sessions.end({ where: { subject }, reason: "revoked_by_operator" });
    await learned;
    expect(await second.client.whoAmI({}, caller).catch(refusal)).toBe(Code.Unauthenticated);
  });
});
