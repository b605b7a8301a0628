import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./fault.ts";

const CLOCK_OFF_MS = 600_000;
const CLOCK_RUN_MS = 40_000;

/** A clock that is wrong on a server of each kind. */
export const WRONG_CLOCKS: readonly Fault[] = [
  { name: "clock-ahead", describe: "ahead", offsetMs: CLOCK_OFF_MS },
  { name: "clock-behind", describe: "behind", offsetMs: -CLOCK_OFF_MS },
].map(({ name, describe, offsetMs }) => ({
  name,
  describe: `the clock of one server of one's own is 10 minutes ${describe}, that of one \`serve\` the other way, for 40 seconds`,
  fleet: { clockOffsetMs: offsetMs },
  async run(scene, { isQuick }) {
    await pause(isQuick ? 1_000 : CLOCK_RUN_MS);
    const victim = await scene.addVictim();
    await scene.revoke(victim);
    return [];
  },
}));
