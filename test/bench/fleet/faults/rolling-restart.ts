import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./fault.ts";

const BETWEEN_MS = 1_000;

/** All servers, one after another. */
export const rollingRestart: Fault = {
  name: "rolling-restart",
  describe: "all six servers are restarted, one after another, with SIGTERM",
  atMost: { failed: 0, interruptions: 1 },
  async run(scene, { progress }) {
    const { own, issuers } = scene.fleet;
    const victim = await scene.addVictim();
    for (const [index, member] of [...own, ...issuers].entries()) {
      progress(`restarting ${member.name}`);
      await member.end("SIGTERM");
      if (index === 0) {
        await scene.revoke(victim);
      }
      await member.start();
      await pause(BETWEEN_MS);
    }
    return [];
  },
};
