import type { Bench, BenchOptions, Row } from "../run/bench.ts";
import { startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

const SIDES = ["countersign", "argon2id"] as const;
const TURN_MS = 2_000;
const QUICK_MS = 50;

/** How many sign-ins with a password the issuer does in a second: as many as the hash allows. */
export const signInBench: Bench = {
  name: "sign-in",
  describe: [
    "4 sign-ins at the same time, in process, on SQLite: password verified (argon2id, 19 MiB, 2 passes), session",
    "written to the disk, ES256 signed; argon2id: the hash alone, which is slow on purpose",
  ],
  comparisons: [{ ours: "countersign", theirs: "argon2id", better: "higher", target: 0.9 }],
  run: runSignIn,
};

async function runSignIn({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  await using child = startChild(new URL("../sessions/main.ts", import.meta.url), { core: "server" });
  await child.ask("prepareSignIns");
  const turn = (name: string) => child.ask<number>("turn", { name, ms: quick ? QUICK_MS : TURN_MS });
  for (const name of SIDES) {
    await turn(name);
  }
  const sides = SIDES.map((name) => ({
    name,
    measure: async () => [{ side: name, unit: "sign-ins/s", value: await turn(name) }],
  }));
  return await interleave("sign-in", sides, rounds);
}
