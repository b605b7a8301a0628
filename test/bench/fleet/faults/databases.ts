import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./fault.ts";

const AWAY_MS = 5_000;
/** A revocation is known everywhere within this time. */
const KNOWN_MS = 1_000;

/** The database crashes, and comes back. */
export const restartPostgres: Fault = {
  name: "restart-postgres",
  describe: "Postgres crashes, and is started again 5 seconds later",
  async run(scene, { progress }) {
    const [postgres] = scene.fleet.database.servers;
    const before = await scene.addVictim();
    const after = await scene.addVictim();
    await scene.revoke(before);
    await pause(KNOWN_MS);
    progress("Postgres crashes");
    await postgres?.end("SIGQUIT");
    await pause(AWAY_MS);
    await postgres?.start();
    await scene.revoke(after);
    return [];
  },
};

/** The database is lost, and the server that follows it takes its place. */
export const failover: Fault = {
  name: "failover",
  describe: "Postgres crashes for good, and a streaming replica is promoted 2 seconds later",
  fleet: { hasReplica: true },
  async run(scene, { progress }) {
    const { database } = scene.fleet;
    const before = await scene.addVictim();
    const after = await scene.addVictim();
    await scene.revoke(before);
    await pause(KNOWN_MS);
    progress("the first Postgres crashes");
    await database.servers[0]?.end("SIGQUIT");
    await pause(2_000);
    progress("the second one is promoted");
    await database.promote();
    await scene.revoke(after);
    return [];
  },
};
