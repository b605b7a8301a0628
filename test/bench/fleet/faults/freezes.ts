import { setTimeout as pause } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import type { Comparison, Reading } from "../../run/bench.ts";
import type { Member } from "../member.ts";
import type { Scene } from "../scene.ts";
import type { Fault, FaultSize } from "./fault.ts";

/** Longer than servers of one's own go on with what they know. */
const FROZEN_MS = 66_000;
const QUICK_FROZEN_MS = 3_000;
/** A revocation is known everywhere within this time. */
const KNOWN_MS = 1_000;
/** Tokens that last: without a refresh, only staleness ends their calls. */
const LONG_LIFE = { lifeSeconds: 600 };

/**
 * When servers begin to refuse: a minute after the database was last read. It is read every 2 to 2.5 seconds, as long as
 * messages arrive, and servers of one's own learn of that each second.
 */
function comparisonsOf(fault: string): readonly Comparison[] {
  const ours = `${fault}-unavailable-after`;
  return [
    { ours, better: "higher", target: 56_000 },
    { ours, better: "lower", target: 61_000 },
  ];
}

/** All that tell servers of one's own what is revoked hang, with all connections open. */
export const freezeServe: Fault = {
  name: "freeze-serve",
  describe:
    "all `serve` are stopped with SIGSTOP for 66 seconds; meanwhile a session is revoked in the database",
  fleet: LONG_LIFE,
  revokedForMs: 61_000,
  comparisons: comparisonsOf("freeze-serve"),
  async run(scene, size) {
    const victim = await scene.addVictim();
    return await freeze("freeze-serve", { scene, size, members: scene.fleet.issuers }, async () => {
      await scene.fleet.command(["session", "revoke", victim.sessionId]);
      victim.noteRevoked();
    });
  },
};

/** The database hangs, with all connections open. */
export const freezePostgres: Fault = {
  name: "freeze-postgres",
  describe:
    "Postgres is stopped with SIGSTOP for 66 seconds; a session is revoked before, and one as soon as it can be",
  fleet: LONG_LIFE,
  comparisons: comparisonsOf("freeze-postgres"),
  async run(scene, size) {
    const before = await scene.addVictim();
    const meanwhile = await scene.addVictim();
    await scene.revoke(before);
    await pause(KNOWN_MS);
    let revoked: Promise<void> | undefined;
    const readings = await freeze(
      "freeze-postgres",
      { scene, size, members: scene.fleet.database.servers },
      async () => {
        revoked = scene.revoke(meanwhile);
      },
    );
    await revoked;
    return readings;
  },
};

interface Freeze {
  readonly scene: Scene;
  readonly size: FaultSize;
  readonly members: readonly Member[];
}

/** Stop members for a while. @returns when calls to servers of one's own were refused for the first time */
async function freeze(
  fault: string,
  { scene, size, members }: Freeze,
  meanwhile: () => Promise<void>,
): Promise<readonly Reading[]> {
  const sinceMs = performance.now();
  const thaws = members.map((member) => member.freeze());
  const endMs = sinceMs + (size.isQuick ? QUICK_FROZEN_MS : FROZEN_MS);
  try {
    size.progress(`${members.map(({ name }) => name).join(", ")}: stopped`);
    await meanwhile();
    await pause(Math.max(0, endMs - performance.now()));
  } finally {
    for (const thaw of thaws) {
      thaw();
    }
  }
  size.progress("they go on");
  const [first] = scene.calls.failedAtMs(Code.Unavailable).filter((atMs) => atMs > sinceMs);
  // Less than the time of the freeze is all that can be seen; 0 says that none was refused.
  return [
    {
      side: `${fault}-unavailable-after`,
      unit: "ms",
      value: first === undefined ? 0 : Math.round(first - sinceMs),
    },
  ];
}
