import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { deriveKey } from "../keys/seal.ts";
import type { SessionRecord } from "../store/session-record.ts";

/** A refresh token that this server, or another with the same secret, once made. */
export interface RefreshToken {
  /** The token as the client has it. */
  readonly text: string;
  /** The session that it belongs to. */
  readonly sessionId: string;
  /** How many tokens of the session came before it. */
  readonly generation: number;
  /** The thumbprint of the key that it is bound to; undefined: to none. */
  readonly jwkThumbprint?: string | undefined;
}

/** For tools that search for leaked secrets. */
const PREFIX = "csr_";

const SESSION_BYTES = 16;
const GENERATION_BYTES = 4;
const RANDOM_BYTES = 32;
const MAC_BYTES = 16;
const SIGNED_BYTES = SESSION_BYTES + GENERATION_BYTES + RANDOM_BYTES;
const FORM = /^csr_[\w-]{91}$/;

/** Make the identifier of a new session: 128 random bits. It is no secret. */
export function createSessionId(): string {
  return randomBytes(SESSION_BYTES).toString("base64url");
}

/**
 * Make a refresh token with 256 random bits.
 *
 * Its session and generation are authenticated (RFC 9700 §4.14.2), so that a genuine old token can be distinguished
 * from a forged one without a list of old tokens.
 *
 * @param macKey the key of `deriveKey(secret, "refresh-token-mac")`
 */
export function createRefreshToken(macKey: Uint8Array, sessionId: string, generation: number): RefreshToken {
  const count = Buffer.alloc(GENERATION_BYTES);
  count.writeUInt32BE(generation);
  const signed = Buffer.concat([Buffer.from(sessionId, "base64url"), count, randomBytes(RANDOM_BYTES)]);
  const text = PREFIX + Buffer.concat([signed, macOf(macKey, signed)]).toString("base64url");
  return { text, sessionId, generation };
}

/**
 * Read a refresh token.
 *
 * @returns what it says; undefined when we did not make it
 */
export function parseRefreshToken(macKey: Uint8Array, text: string): RefreshToken | undefined {
  if (!FORM.test(text)) {
    return undefined;
  }
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64url");
  const signed = bytes.subarray(0, SIGNED_BYTES);
  // Two spellings of one token must not pass for two tokens.
  const isCanonical = bytes.toString("base64url") === encoded;
  if (!isCanonical || !timingSafeEqual(macOf(macKey, signed), bytes.subarray(SIGNED_BYTES))) {
    return undefined;
  }
  const sessionId = bytes.toString("base64url", 0, SESSION_BYTES);
  return { text, sessionId, generation: bytes.readUInt32BE(SESSION_BYTES) };
}

/**
 * Create what reads which session a refresh token belongs to, newest or not.
 *
 * @param secret the key-encryption key
 */
export function createSessionIdReader(secret: Uint8Array): (text: string) => string | undefined {
  const macKey = deriveKey(secret, "refresh-token-mac");
  return (text) => parseRefreshToken(macKey, text)?.sessionId;
}

/** Read which session a refresh token claims to belong to, without proof; undefined when it has another form. */
export function claimedSessionId(text: string): string | undefined {
  if (!FORM.test(text)) {
    return undefined;
  }
  return Buffer.from(text.slice(PREFIX.length), "base64url").toString("base64url", 0, SESSION_BYTES);
}

/**
 * Hash a refresh token for the store. 256 random bits need no salt and no slow hash. The hash of one that is bound to a key
 * is made with it, so that a server that knows nothing of keys finds a token that it does not know.
 */
export function hashRefreshToken({ text, jwkThumbprint = "" }: RefreshToken): string {
  return createHash("sha256").update(text).update(jwkThumbprint).digest("base64url");
}

/** Find out which key a refresh token is bound to: that of its session, but for a generation from before. */
export function bindAsStored(token: RefreshToken, { key }: Pick<SessionRecord, "key">): RefreshToken {
  const isBound = key !== undefined && token.generation >= key.sinceGeneration;
  return { ...token, jwkThumbprint: isBound ? key.jwkThumbprint : undefined };
}

/** Compare two hashes of {@link hashRefreshToken} in a time that does not reveal where they differ. */
export function isSameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function macOf(macKey: Uint8Array, signed: Uint8Array): Uint8Array {
  return createHmac("sha256", macKey).update(signed).digest().subarray(0, MAC_BYTES);
}
