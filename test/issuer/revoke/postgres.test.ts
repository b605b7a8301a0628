import { it } from "vitest";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import { openDatabase } from "../../../server/issuer/src/store/database.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres } from "../../support/postgres.ts";
import { createWallClock } from "../../support/test-clock.ts";

/** So long that only word from the other server can be what woke this one. */
const NEVER_MS = 1_000_000;

it("word comes over Postgres, also after the connection was cut, and what was missed is made up for", async () => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  const clock = createWallClock();
  const connect = async () => {
    const store = await openDatabase({ postgres: url });
    const revocations = createRevocations({ store, clock, accessTtlMs: 600_000, pollMs: NEVER_MS });
    await revocations.start();
    const close = async () => {
      await revocations.close();
      await store.close();
    };
    return { store, revocations, [Symbol.asyncDispose]: close };
  };
  await using here = await connect();
  await using there = await connect();
  const isKnownThere = (sid: string) =>
    eventually(() => there.revocations.isRevoked(tokenOf({ sessionId: sid })) || undefined);
  // The first word may come before the other side listens: it looks once it does.
  await here.revocations.revoke({ sid: "first" });
  await isKnownThere("first");
  await here.revocations.revoke({ sid: "second" });
  await isKnownThere("second");
  await server.cutConnections();
  await eventually(() =>
    here.revocations.revoke({ sid: "missed" }).then(
      () => true,
      () => undefined,
    ),
  );
  await isKnownThere("missed");
});
