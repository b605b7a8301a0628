import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../member.ts";
import type { Scene } from "../scene.ts";
import type { Fault, FaultSize } from "./fault.ts";

const BETWEEN_MS = 1_000;
const AWAY_MS = 1_000;

/** Kill members one after another, and start each again. A session is revoked while the first of them is away. */
async function killEach(scene: Scene, members: readonly Member[], { progress }: FaultSize): Promise<void> {
  for (const [index, member] of members.entries()) {
    const victim = index === 0 ? await scene.addVictim() : undefined;
    progress(`killing ${member.name}`);
    await member.end("SIGKILL");
    if (victim !== undefined) {
      await scene.revoke(victim);
    }
    await pause(AWAY_MS);
    await member.start();
    await pause(BETWEEN_MS);
  }
}

/** Members of one kind, each of which is killed. */
export const KILLS: readonly Fault[] = [
  {
    name: "kill-serve",
    describe: "each `serve` is killed (kill -9), and started again a second later",
    run: (scene, size) => killEach(scene, scene.fleet.issuers, size).then(() => []),
  },
  {
    name: "kill-own",
    describe: "each server of one's own is killed, and started again a second later",
    run: (scene, size) => killEach(scene, scene.fleet.own, size).then(() => []),
  },
  {
    name: "kill-proxies",
    describe: "nginx is killed, then HAProxy, and each is started again a second later",
    run: (scene, size) => killEach(scene, Object.values(scene.fleet.proxies), size).then(() => []),
  },
];

const QUICK_KILLS = 2;
const KILLS_PER_VICTIM = 5;

/** Any process, again and again. */
export const randomKills: Fault = {
  name: "random-kills",
  describe: "processes are killed one after another, drawn by lot from servers, proxies and Postgres",
  async run(scene, { isQuick, kills, progress }) {
    const { own, issuers, proxies, database } = scene.fleet;
    const databases = database.servers.slice(0, 1);
    const members = [...own, ...issuers, ...Object.values(proxies), ...databases];
    for (let count = 1; count <= (isQuick ? QUICK_KILLS : kills); count += 1) {
      const member = members[Math.floor(Math.random() * members.length)];
      const victim = count % KILLS_PER_VICTIM === 1 ? await scene.addVictim() : undefined;
      progress(`kill ${count}: ${member?.name}`);
      // SIGQUIT is Postgres' own crash: none of its processes is left behind, in the way of the next start.
      await member?.end(databases.includes(member) ? "SIGQUIT" : "SIGKILL");
      await member?.start();
      if (victim !== undefined) {
        await scene.revoke(victim);
      }
      await pause(Math.random() * BETWEEN_MS);
    }
    return [];
  },
};
