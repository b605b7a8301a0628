import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from "node:crypto";

/** Hashes and checks passwords. */
export interface Passwords {
  /**
   * Hash a password with a new salt.
   *
   * @returns a PHC string
   */
  hash(password: string): Promise<string>;
  /**
   * Check a password.
   *
   * @param phc the hash; undefined does the same work and says false, for an account that does not exist
   * @throws TypeError when the hash is not an argon2id PHC string
   */
  verify(password: string, phc: string | undefined): Promise<boolean>;
}

/** How hard a password is to guess. */
export interface PasswordCost {
  /** Memory in KiB. Default 19456, as OWASP advises with two passes. */
  readonly memoryKib?: number;
  /** Passes over the memory. Default 2. */
  readonly passes?: number;
}

const DEFAULT_MEMORY_KIB = 19_456;
const DEFAULT_PASSES = 2;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const ARGON2_VERSION = 19;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

/**
 * Create the hasher of passwords: argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)).
 *
 * Each hash that is worked on takes `memoryKib` of memory and one thread of Node's pool: bound their number.
 */
export function createPasswords(cost: PasswordCost = {}): Passwords {
  const { memoryKib: memory = DEFAULT_MEMORY_KIB, passes = DEFAULT_PASSES } = cost;
  const parameters = { memory, passes, parallelism: 1, tagLength: TAG_BYTES };
  // The hash of no password: an unknown account costs as much as a known one with the same parameters.
  const decoy = { ...parameters, nonce: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };
  return {
    async hash(password) {
      const nonce = randomBytes(SALT_BYTES);
      const tag = await derive(password, { ...parameters, nonce });
      const numbers = `m=${memory},t=${passes},p=${parameters.parallelism}`;
      return `$argon2id$v=${ARGON2_VERSION}$${numbers}$${toPhcBase64(nonce)}$${toPhcBase64(tag)}`;
    },
    async verify(password, phc) {
      const { tag: expected, ...known } = phc === undefined ? decoy : parsePhc(phc);
      const tag = await derive(password, known);
      return timingSafeEqual(tag, expected) && phc !== undefined;
    },
  };
}

type DeriveParameters = Omit<Argon2Parameters, "message">;

function derive(password: string, parameters: DeriveParameters): Promise<Uint8Array> {
  // Keyboards differ in how they put accents together (RFC 8265 §4.2).
  const message = password.normalize("NFC");
  return new Promise((resolve, reject) => {
    argon2("argon2id", { ...parameters, message }, (error, tag) => {
      if (error === null) {
        resolve(tag);
      } else {
        reject(error);
      }
    });
  });
}

function parsePhc(phc: string): DeriveParameters & { readonly tag: Uint8Array } {
  const [, memory, passes, parallelism, salt, hash] = PHC.exec(phc) ?? [];
  if (salt === undefined || hash === undefined) {
    throw new TypeError("the password hash of an account is not an argon2id PHC string");
  }
  const tag = Buffer.from(hash, "base64");
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: tag.length,
    nonce: Buffer.from(salt, "base64"),
    tag,
  };
}

function toPhcBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
