import type { Keychain } from "./keychain.ts";
import { toKeychainError } from "./keychain-error.ts";
import type { RunTool } from "./run-tool.ts";

/** The program of macOS, at the one place that it has: another of that name is not asked. */
export const SECURITY = "/usr/bin/security";

const TITLE = "the keychain of macOS";

/** How `security` ends where there is no such item: errSecItemNotFound, as far as an exit code has room for it. */
const NOT_FOUND = 44;

/** Create a keychain of macOS: the user's login keychain. */
export function createMacosKeychain(runTool: RunTool): Keychain {
  const itemOf = (name: string): readonly string[] => ["-s", "countersign", "-a", name];
  return {
    title: TITLE,
    async read(name) {
      const args = ["find-generic-password", ...itemOf(name), "-w"];
      const result = await runTool({ file: SECURITY, args });
      if (result.code === 0) {
        return result.stdout.trim();
      }
      if (result.code === NOT_FOUND) {
        return undefined;
      }
      throw toKeychainError(TITLE, result);
    },
    async write(name, secret) {
      // With -i it reads commands from its input: an argument with the secret would be seen by other users.
      const words = [
        "add-generic-password",
        "-U",
        ...itemOf(name),
        "-l",
        '"Countersign login"',
        "-w",
        secret,
      ];
      const result = await runTool({ file: SECURITY, args: ["-i"], input: `${words.join(" ")}\n` });
      if (result.code !== 0) {
        throw toKeychainError(TITLE, result);
      }
    },
    async remove(name) {
      const result = await runTool({ file: SECURITY, args: ["delete-generic-password", ...itemOf(name)] });
      if (result.code !== 0 && result.code !== NOT_FOUND) {
        throw toKeychainError(TITLE, result);
      }
    },
  };
}
