import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import type { Clock } from "../../kernel/clock.ts";
import { MAX_BUS_MESSAGE_BYTES } from "../../kernel/message-bus.ts";
import { createSeenIds, type SeenIds } from "../../kernel/seen-ids.ts";

/** A message that was read. */
export interface OpenedText {
  /** What no other message has. */
  readonly id: string;
  /** What was sealed. */
  readonly content: unknown;
}

/**
 * Writes and reads messages for a bus that others can subscribe to and publish on: without the secret of the servers,
 * a message cannot be read, made, changed or replayed.
 */
export interface PeerSeal {
  /** Write a message. @param content what can be written as JSON. @returns undefined when it is too long for a bus */
  seal(content: unknown): Promise<string | undefined>;
  /**
   * Read a message, once. Where many come, there may be no room to remember another one: it is not read.
   *
   * @param isRepeatable whether a message does no harm that comes again: it is read each time, however many come
   * @returns undefined when it is not genuine, too old, or was read before
   */
  open(text: string, isRepeatable: (content: unknown) => boolean): Promise<OpenedText | undefined>;
}

/** How old a message may be, in milliseconds: longer than it takes, and than clocks that are kept by NTP differ. */
const MAX_AGE_MS = 30_000;

const ID_BYTES = 16;
const TAG_BYTES = 16;

/** How long JSON may be that is sealed, in bytes: as base64url, with its id and its proof, it fits into a message. */
export const MAX_CONTENT_BYTES = Math.floor((MAX_BUS_MESSAGE_BYTES * 3) / 4) - ID_BYTES - TAG_BYTES - 1;

/** The form of messages has a number: servers of different releases may run side by side. */
const PURPOSE = new TextEncoder().encode("countersign signals over a bus, 1");

/** A key seals one message, so that the nonce may be the same for all. */
const NONCE = new Uint8Array(12);

/** Create both ends. @param secret what all servers have: 32 random bytes or more */
export function createPeerSeal({
  secret,
  clock,
  // A message may be as far ahead of this clock as it may lie behind.
  seen = createSeenIds(2 * MAX_AGE_MS),
}: {
  readonly secret: Uint8Array;
  readonly clock: Clock;
  readonly seen?: SeenIds;
}): PeerSeal {
  const { subtle } = crypto;
  const base = subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, ["deriveKey"]);
  const keyOf = async (salt: Uint8Array<ArrayBuffer>, usage: "encrypt" | "decrypt"): Promise<CryptoKey> =>
    subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt, info: PURPOSE },
      await base,
      { name: "AES-GCM", length: 256 },
      false,
      [usage],
    );
  return {
    async seal(content) {
      const plain = new TextEncoder().encode(JSON.stringify({ atMs: clock.nowMs(), content }));
      if (plain.length > MAX_CONTENT_BYTES) {
        return undefined;
      }
      const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
      const sealed = await subtle.encrypt({ name: "AES-GCM", iv: NONCE }, await keyOf(id, "encrypt"), plain);
      return base64Encode(concatenate(id, new Uint8Array(sealed)), "url");
    },
    async open(text, isRepeatable) {
      const bytes = decode(text);
      if (bytes === undefined || bytes.length < ID_BYTES + TAG_BYTES) {
        return undefined;
      }
      const salt = bytes.slice(0, ID_BYTES);
      const key = await keyOf(salt, "decrypt");
      const plain = await subtle
        .decrypt({ name: "AES-GCM", iv: NONCE }, key, bytes.slice(ID_BYTES))
        .catch(() => undefined);
      if (plain === undefined) {
        return undefined;
      }
      const { atMs, content } = JSON.parse(new TextDecoder().decode(plain)) as SealedContent; // ours: it was sealed
      const nowMs = clock.nowMs();
      const id = base64Encode(salt, "url");
      const isTimely = Math.abs(nowMs - atMs) <= MAX_AGE_MS;
      return isTimely && (isRepeatable(content) || seen.add(id, nowMs)) ? { id, content } : undefined;
    },
  };
}

interface SealedContent {
  readonly atMs: number;
  readonly content: unknown;
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** @returns undefined when the text is longer than a message, or no base64 */
function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return text.length > MAX_BUS_MESSAGE_BYTES ? undefined : new Uint8Array(base64Decode(text));
  } catch {
    return undefined; // the message of a stranger
  }
}
