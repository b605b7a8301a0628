import { setTimeout as pause } from "node:timers/promises";
import type { FollowedStream } from "../followed-streams.ts";
import type { Fault } from "./fault.ts";

const NAME = "rolling-restart";
const BETWEEN_MS = 1_000;

/** All servers, one after another. A stream that moves to a server whose turn is yet to come moves again then. */
export const rollingRestart: Fault = {
  name: NAME,
  describe: "all six servers are restarted, one after another, with SIGTERM",
  atMost: { failed: 0, interruptions: 3 },
  comparisons: [{ ours: `${NAME}-interruptions-each`, better: "lower", target: 1 }],
  async run(scene, { progress }) {
    const { own, issuers } = scene.fleet;
    const victim = await scene.addVictim();
    let interruptionsEach = 0;
    for (const [index, member] of [...own, ...issuers].entries()) {
      const before = scene.streams.map(countInterruptions);
      progress(`restarting ${member.name}`);
      await member.end("SIGTERM");
      if (index === 0) {
        await scene.revoke(victim);
      }
      await member.start();
      await pause(BETWEEN_MS);
      const added = scene.streams.map((stream, at) => countInterruptions(stream) - (before[at] ?? 0));
      interruptionsEach = Math.max(interruptionsEach, ...added);
    }
    return [
      {
        side: `${NAME}-interruptions-each`,
        unit: "a stream and restart, at the most",
        value: interruptionsEach,
      },
    ];
  },
};

function countInterruptions({ interruptions }: FollowedStream): number {
  return interruptions.length;
}
