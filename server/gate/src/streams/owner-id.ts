import { base64Encode } from "@bufbuild/protobuf/wire";

/** 128 random bits in base64url. */
const OWNER_ID = /^[A-Za-z0-9_-]{22}$/;

const ID_BYTES = 16;

/** Check whether a text can be the name of a process that has streams. */
export function isOwnerId(text: string): boolean {
  return OWNER_ID.test(text);
}

/** Made when it is first asked for: workerd has no random numbers while modules are loaded. */
const made: { id?: string } = {};

/**
 * Find the name of this process: 128 random bits in base64url, the same for all its gates, and others after a restart. The
 * streams that are open here are renewed here by it.
 */
export function findOwnerId(): string {
  made.id ??= base64Encode(crypto.getRandomValues(new Uint8Array(ID_BYTES)), "url");
  return made.id;
}
