import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { signIn } from "../../../support/rpc.ts";
import { ACCOUNT } from "../fleet.ts";
import { mountSmallDisk } from "../small-disk.ts";
import type { Fault } from "./fault.ts";

/** Room for an empty cluster, and a little more. */
const DISK_MEGABYTES = 80;
const FULL_MS = 15_000;
const MAX_SIGN_INS = 500;

/** A disk of its own for the tables, which can be filled. */
export function createFullDisk(): Fault {
  const folder = join(tmpdir(), `countersign-disk-${randomUUID()}`);
  const filler = join(folder, "filler");
  return {
    name: "full-disk",
    describe:
      "the disk of Postgres' tables is full for 15 seconds; a session is revoked meanwhile, as soon as it can be",
    fleet: { dataFolder: join(folder, "data") },
    findMissing: () => (process.getuid?.() === 0 ? undefined : "root, who can mount a small disk"),
    prepare: () => mountSmallDisk(folder, DISK_MEGABYTES),
    async run(scene, { isQuick, progress }) {
      const victim = await scene.addVictim();
      fillUp(filler);
      const signIns = await signInUntilRefused(scene.fleet.lanes[0]?.issuerUrl ?? "");
      progress(`full: ${signIns} sign-ins had room`);
      const revoked = scene.revoke(victim);
      await pause(isQuick ? 1_000 : FULL_MS);
      rmSync(filler);
      progress("there is room again");
      await revoked;
      return [];
    },
  };
}

/** Write until there is no room. */
function fillUp(file: string): void {
  const handle = openSync(file, "w");
  try {
    for (let size = 1 << 20; size >= 512; size >>= 1) {
      writeWhileRoom(handle, Buffer.alloc(size));
    }
  } finally {
    closeSync(handle);
  }
}

function writeWhileRoom(handle: number, chunk: Buffer): void {
  try {
    for (;;) {
      writeSync(handle, chunk);
    }
  } catch {
    // Smaller ones may still have room.
  }
}

/** Use up what room there is within the files. @returns how many there were */
async function signInUntilRefused(baseUrl: string): Promise<number> {
  for (let count = 0; count < MAX_SIGN_INS; count += 1) {
    try {
      await signIn(baseUrl, ACCOUNT);
    } catch {
      return count;
    }
  }
  return MAX_SIGN_INS;
}
