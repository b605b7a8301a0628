import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./fault.ts";

const LIFE_SECONDS = 5;
const LIVES = 20;
const QUICK_LIVES = 1;

/** No fault: tokens expire, that is all. */
export const lives: Fault = {
  name: "lives",
  describe: `nothing fails, over ${LIVES} lives of tokens of ${LIFE_SECONDS} seconds`,
  fleet: { lifeSeconds: LIFE_SECONDS },
  atMost: { failed: 0, interruptions: 0 },
  async run(scene, { isQuick, progress }) {
    const count = isQuick ? QUICK_LIVES : LIVES;
    progress(`${count} lives`);
    await pause(count * LIFE_SECONDS * 1_000);
    const victim = await scene.addVictim();
    await scene.revoke(victim);
    return [];
  },
};
