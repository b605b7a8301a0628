import { randomBytes, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Terminal } from "../command.ts";
import { CommandError, SignInNeededError } from "../usage-error.ts";
import type { Keychain } from "./keychain/keychain.ts";
import { readIfThere, writeFirst, writeWhole } from "./private-file.ts";

const SECRET_BYTES = 32;

/**
 * Get the secret that encrypts a session from the keychain, and make one where there is none. The file names the secret in
 * the keychain: of two processes that make one at once, the one that writes the file first decides for both.
 *
 * @throws CommandError when the keychain does not answer
 */
export async function makeSecret(keychain: Keychain, file: string): Promise<string> {
  const known = await readIfThere(file);
  const secret = known === undefined ? undefined : await keychain.read(known);
  if (secret !== undefined) {
    return secret;
  }
  const name = randomUUID();
  const made = randomBytes(SECRET_BYTES).toString("hex");
  await keychain.write(name, made);
  if ((await keychain.read(name)) !== made) {
    throw new CommandError(`${keychain.title} does not keep what is written there`);
  }
  if (known !== undefined) {
    // The keychain has lost the secret: no process can read what was encrypted with it.
    await writeWhole(file, name);
    return made;
  }
  if (await writeFirst(file, name)) {
    return made;
  }
  await keychain.remove(name);
  return makeSecret(keychain, file);
}

/**
 * Read the secret that encrypts a session; undefined where it is kept in plain text.
 *
 * @throws CommandError when the keychain does not answer, or has lost the secret
 */
export async function readSecret(keychain: Keychain | undefined, file: string): Promise<string | undefined> {
  const name = await readIfThere(file);
  if (name === undefined) {
    return undefined;
  }
  if (keychain === undefined) {
    throw new CommandError(
      "the tokens are encrypted, and the keychain that has their key is not to be found",
    );
  }
  const secret = await keychain.read(name);
  if (secret === undefined) {
    throw new SignInNeededError(`${keychain.title} has lost the key of the tokens`);
  }
  return secret;
}

/**
 * Remove the secret that encrypts a session, if there is one, and the file that names it. A keychain that does not answer
 * keeps the secret, and the user is told.
 */
export async function removeSecretOrWarn(
  keychain: Keychain | undefined,
  file: string,
  warn: Terminal["warn"],
): Promise<void> {
  const name = await readIfThere(file);
  if (name === undefined) {
    return;
  }
  await rm(file, { force: true });
  try {
    await keychain?.remove(name);
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    warn(`${error.message}. It keeps a key that encrypts no tokens any more.`);
  }
}
