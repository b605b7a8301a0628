import { failover, restartPostgres } from "./databases.ts";
import type { Fault } from "./fault.ts";
import { freezePostgres, freezeServe } from "./freezes.ts";
import { createFullDisk } from "./full-disk.ts";
import { KILLS, randomKills } from "./kills.ts";
import { lives } from "./lives.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { WRONG_CLOCKS } from "./wrong-clocks.ts";

/** All faults, in the order of the table. */
export const ALL_FAULTS: readonly Fault[] = [
  lives,
  rollingRestart,
  ...KILLS,
  restartPostgres,
  failover,
  freezeServe,
  freezePostgres,
  createFullDisk(),
  ...WRONG_CLOCKS,
  randomKills,
];
