import type { KeyRing } from "@countersign/issuer";
import { WrongSecretError } from "@countersign/issuer/internal";
import type { Config } from "./config.ts";
import { secretPath } from "./open-store.ts";
import { CommandError } from "./usage-error.ts";

/** Start a key ring. @throws CommandError when the secret file is not the one that the store was made with */
export async function startKeyRing(ring: KeyRing, config: Config): Promise<void> {
  try {
    await ring.start();
  } catch (cause) {
    if (!(cause instanceof WrongSecretError)) throw cause;
    throw new CommandError(
      `${secretPath(config)} is not the secret file that the keys in this database were made with: ` +
        "name that one with --secret-file, or put it back from a backup",
      { cause },
    );
  }
}
