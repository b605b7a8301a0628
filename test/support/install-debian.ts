import { execFileSync } from "node:child_process";

/** Install packages of Debian where a program is missing and this runs as root. @returns whether it is there then */
export function installDebian(hasIt: () => boolean, packages: readonly string[]): boolean {
  if (!hasIt() && process.getuid?.() === 0) {
    try {
      execFileSync("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], {
        stdio: "ignore",
      });
    } catch {
      // What needs it says that it is missing.
    }
  }
  return hasIt();
}
