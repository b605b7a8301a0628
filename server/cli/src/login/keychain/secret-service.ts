import type { Keychain } from "./keychain.ts";
import { toKeychainError } from "./keychain-error.ts";
import type { RunTool } from "./run-tool.ts";

/** The program of libsecret, which Debian has in `libsecret-tools`. */
export const SECRET_TOOL = "secret-tool";

const TITLE = "the keyring of the desktop";

/**
 * Create a keychain of the Secret Service (https://specifications.freedesktop.org/secret-service), which GNOME and KDE have.
 *
 * @param file the path of `secret-tool`
 */
export function createSecretService(file: string, runTool: RunTool): Keychain {
  const attributesOf = (name: string): readonly string[] => ["service", "countersign", "login", name];
  return {
    title: TITLE,
    async read(name) {
      const result = await runTool({ file, args: ["lookup", ...attributesOf(name)] });
      if (result.code === 0) {
        return result.stdout.trim();
      }
      // It says nothing where there is no such secret.
      if (result.code === 1 && result.stderr === "") {
        return undefined;
      }
      throw toKeychainError(TITLE, result);
    },
    async write(name, secret) {
      const args = ["store", "--label=Countersign login", ...attributesOf(name)];
      const result = await runTool({ file, args, input: secret });
      if (result.code !== 0) {
        throw toKeychainError(TITLE, result);
      }
    },
    async remove(name) {
      const result = await runTool({ file, args: ["clear", ...attributesOf(name)] });
      if (result.code !== 0 && result.stderr !== "") {
        throw toKeychainError(TITLE, result);
      }
    },
  };
}
