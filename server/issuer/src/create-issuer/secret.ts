import { existsSync } from "node:fs";
import { loadSecretFile, SECRET_BYTES } from "../keys/secret-file.ts";
import type { Store } from "../store/database.ts";
import { assertPrivate, type SharedFileSink } from "../store/private-path.ts";
import { listSigningKeys } from "../store/signing-keys.ts";
import { IssuerError } from "./issuer-error.ts";
import type { IssuerStoreLocation, SecretFile } from "./options.ts";

/** What {@link readSecret} and {@link makeSecret} go by. */
export interface SecretPlace {
  /** Receives why others can change the file, which is taken nevertheless. Undefined: that is an error. */
  readonly onShared: SharedFileSink | undefined;
}

/**
 * Refuse a secret that is neither bytes nor the name of a file, as programs in JavaScript can give it.
 *
 * @throws TypeError when it is
 */
export function assertSecret(secret: unknown): void {
  const file = typeof secret === "object" && secret !== null && "file" in secret ? secret.file : undefined;
  if (!(secret instanceof Uint8Array) && (typeof file !== "string" || file === "")) {
    throw new TypeError(
      `secret must be a Uint8Array of ${SECRET_BYTES} bytes, or { file } with the path of a file`,
    );
  }
}

/**
 * Read the key-encryption key, before the store is touched.
 *
 * @param place `store` says whether a missing file may be made
 * @returns undefined: its file is missing, and may be made once it is known that the store has no keys
 * @throws IssuerError when it is none, or its file is missing and must not be made
 */
export function readSecret(
  secret: Uint8Array | SecretFile,
  { store, onShared }: SecretPlace & { readonly store: IssuerStoreLocation },
): Uint8Array | undefined {
  if (secret instanceof Uint8Array) {
    if (secret.length !== SECRET_BYTES) {
      throw new IssuerError("SECRET_INVALID", `the secret must have ${SECRET_BYTES} bytes`);
    }
    return new Uint8Array(secret);
  }
  const { file, createIfMissing = "sqlite" in store } = secret;
  if (existsSync(file)) {
    return loadSecret(file, { onShared });
  }
  if (!createIfMissing) {
    throw new IssuerError(
      "SECRET_MISSING",
      `the secret file ${file} is missing: name the one that all servers on this store have, or put it back from a ` +
        `backup. For a new store, make it once with: (umask 077; openssl rand 32 | basenc --base64url > ${file})`,
    );
  }
  return undefined;
}

/**
 * Make the file of the key-encryption key.
 *
 * @throws IssuerError when the store has keys that were made with another one: a new one could not open them
 */
export async function makeSecret(
  { file }: SecretFile,
  { store, onShared }: SecretPlace & { readonly store: Store },
): Promise<Uint8Array> {
  const hasKeys = (await listSigningKeys(store)).length > 0;
  // Looked for again: another process may just have made the file, and then keys with it.
  if (hasKeys && !existsSync(file)) {
    throw new IssuerError(
      "SECRET_MISSING",
      `the secret file ${file} is missing, and the keys in this store were made with one: ` +
        "name that one, or put it back from a backup",
    );
  }
  return loadSecret(file, { create: true, onShared });
}

function loadSecret(
  file: string,
  { create = false, onShared }: SecretPlace & { readonly create?: boolean },
): Uint8Array {
  try {
    if (create) {
      loadSecretFile(file, { create });
    }
    // After it was made: in a sticky directory, others may have been faster.
    assertPrivate(file, onShared);
    return loadSecretFile(file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : `the secret file ${file} cannot be read`;
    throw new IssuerError("SECRET_INVALID", message, { cause });
  }
}
