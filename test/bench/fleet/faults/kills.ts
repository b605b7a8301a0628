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
/** With one more killed, a server of each kind is left. */
const MAX_STARTING = 1;

/** Any process, again and again: up to two servers start while the next is killed, and with every fifth a session is revoked. */
export const randomKills: Fault = {
  name: "random-kills",
  describe: "processes are killed one after another, drawn by lot from servers, proxies and Postgres",
  async run(scene, { isQuick, kills, progress }) {
    const { own, issuers, proxies, database } = scene.fleet;
    const databases = database.servers.slice(0, 1);
    const servers = [...own, ...issuers];
    const members = [...servers, ...Object.values(proxies), ...databases];
    const starting = new Map<Member, Promise<void>>();
    for (let count = 1; count <= (isQuick ? QUICK_KILLS : kills); count += 1) {
      const member = draw(members.filter((each) => !starting.has(each)));
      const hasVictim = count % KILLS_PER_VICTIM === 1;
      // A server that starts needs its database and the way to its issuer, and a victim calls at all servers.
      await untilAtMost(starting, hasVictim || !servers.includes(member) ? 0 : MAX_STARTING);
      const victim = hasVictim ? await scene.addVictim() : undefined;
      const { failed, count: calls } = scene.calls;
      progress(`kill ${count}: ${member.name}; ${failed} of ${calls} calls failed so far`);
      // SIGQUIT is Postgres' own crash: none of its processes is left behind, in the way of the next start.
      await member.end(databases.includes(member) ? "SIGQUIT" : "SIGKILL");
      const start = member.start().finally(() => starting.delete(member));
      starting.set(member, start);
      if (victim !== undefined) {
        await scene.revoke(victim);
      }
      await (servers.includes(member) ? undefined : start);
      await pause(Math.random() * BETWEEN_MS);
    }
    await untilAtMost(starting, 0);
    return [];
  },
};

function draw(members: readonly Member[]): Member {
  const member = members[Math.floor(Math.random() * members.length)];
  if (member === undefined) {
    throw new Error("the fleet has no processes");
  }
  return member;
}

async function untilAtMost(starting: ReadonlyMap<Member, Promise<void>>, count: number): Promise<void> {
  while (starting.size > count) {
    await Promise.race(starting.values());
  }
}
