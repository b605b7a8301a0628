import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";

/** Mount a file system of a few megabytes, in memory. @returns what removes it */
export function mountSmallDisk(folder: string, megabytes: number): () => void {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder]);
  const unmount = (): void => {
    process.off("exit", unmount);
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", unmount);
  return unmount;
}
