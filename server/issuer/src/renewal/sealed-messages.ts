import { randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Clock } from "@countersign/server";
import { createSeenIds } from "@countersign/server/internal";
import { deriveKey, seal, unsealBytes } from "../keys/seal.ts";

/** A message that was read. */
export interface OpenedMessage {
  /** What no other message has. */
  readonly id: string;
  readonly content: unknown;
}

/**
 * Writes and reads messages for a bus that others can subscribe to and publish on: without the secret of the servers,
 * a message cannot be read, made, changed or replayed.
 */
export interface SealedMessages {
  /**
   * Write a message.
   *
   * @param content what can be written as JSON
   * @param purpose what it is about: it opens for nothing else
   */
  seal(content: unknown, purpose: string): { readonly id: string; readonly message: string };
  /** Read a message, once. @returns undefined when it is not genuine, too old, or was read before */
  open(message: string, purpose: string): OpenedMessage | undefined;
  /** Read a message, each time that it comes, however many come: it does no harm when it comes again. */
  openRepeatable(message: string, purpose: string): OpenedMessage | undefined;
}

/** How old a message may be, in milliseconds: longer than a server waits for an answer, and than clocks differ. */
const MAX_AGE_MS = 5_000;

/** More than fits into a message that was packed well. */
const MAX_CONTENT_BYTES = 256 * 1024;

/** 128 random bits in base64url, and behind a point what is sealed. */
const MESSAGE = /^(?<id>[A-Za-z0-9_-]{22})\.(?<sealed>.+)$/s;

/** Create both ends. @param secret the key-encryption key, which all servers on a store share */
export function createSealedMessages({
  secret,
  clock,
}: {
  readonly secret: Uint8Array;
  readonly clock: Clock;
}): SealedMessages {
  // The purpose is part of the key: servers of the release before use the same.
  const key = deriveKey(secret, "server-words");
  // A message may be as far ahead of this clock as it may lie behind.
  const seen = createSeenIds(2 * MAX_AGE_MS);
  // A key for each message: random nonces would wear out one that lasts as long as the secret.
  const keyOf = (id: string): Uint8Array => deriveKey(Buffer.concat([key, Buffer.from(id)]), "server-words");
  const read = (message: string, purpose: string): OpenedMessage | undefined => {
    const { id, sealed } = MESSAGE.exec(message)?.groups ?? {};
    const packed =
      id === undefined || sealed === undefined ? undefined : unsealBytes(keyOf(id), sealed, purpose);
    if (id === undefined || packed === undefined) {
      return undefined;
    }
    const text = inflateRawSync(packed, { maxOutputLength: MAX_CONTENT_BYTES }).toString();
    const { atMs, content } = JSON.parse(text) as { readonly atMs: number; readonly content: unknown }; // ours: it was sealed
    return Math.abs(clock.nowMs() - atMs) <= MAX_AGE_MS ? { id, content } : undefined;
  };
  return {
    seal(content, purpose) {
      const id = randomBytes(16).toString("base64url");
      const packed = deflateRawSync(JSON.stringify({ atMs: clock.nowMs(), content }));
      return { id, message: `${id}.${seal(keyOf(id), packed, purpose)}` };
    },
    open(message, purpose) {
      const opened = read(message, purpose);
      return opened !== undefined && seen.add(opened.id, clock.nowMs()) ? opened : undefined;
    },
    openRepeatable: read,
  };
}
