import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@countersign/server";
import { deriveKey } from "../keys/seal.ts";

/**
 * Knows the devices that have signed in to an account before, by proofs that they keep themselves. A proof names neither
 * the account nor its owner. It is no credential: it only decides with whose failures the next ones are counted. It ends
 * with the password that the device has signed in with.
 */
export interface KnownDevices {
  /**
   * Find the devices that have signed in to an account, with its password of that time.
   *
   * @param proofs what a caller has sent: more than one is of the account when another host of the domain has planted some
   * @param account a hash of its name: see `digestUsername`
   * @returns each once
   */
  find(proofs: readonly string[], account: string): readonly KnownDevice[];
  /**
   * Add the proof that a device has just signed in to an account.
   *
   * @param proofs those that the device has
   * @returns those that it is to keep, at most {@link MAX_DEVICE_PROOFS}, the new one first
   */
  add(proofs: readonly string[], signedIn: DeviceSignIn): readonly string[];
}

/** A device that has signed in to an account. */
export interface KnownDevice {
  /** What identifies it. */
  readonly id: string;
  /** Check whether it was with the password that has this hash. */
  hasUsed(passwordHash: string): boolean;
}

/** What a device has signed in to. */
export interface DeviceSignIn {
  /** A hash of the name of the account: see `digestUsername`. */
  readonly account: string;
  /** The hash of the password, which has a salt: no other password has it, nor the same one set again. */
  readonly passwordHash: string;
}

/** How many accounts a device proves at the most. */
export const MAX_DEVICE_PROOFS = 4;

/** How long a device is known after its last sign-in to an account, in milliseconds. */
export const DEVICE_PROOF_MS = 180 * 24 * 60 * 60 * 1_000;

/** How many proofs of a caller are looked at: of a cookie, and of some that another host of the domain has planted. */
const MAX_CHECKED = 32;

const TIME_BYTES = 4;
const ID_BYTES = 8;
const PASSWORD_BYTES = 4;
const ID_END = TIME_BYTES + ID_BYTES;
const SIGNED_BYTES = ID_END + PASSWORD_BYTES;
const MAC_BYTES = 16;
const FORM = /^[\w-]{43}$/;

/** What {@link createKnownDevices} needs. */
export interface KnownDevicesOptions {
  /** The URL of the issuer. A proof that was made for another one proves nothing, even where both have one secret. */
  readonly issuer: string;
  /** The secret of the issuer. A proof that was made with another one proves nothing. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
}

/**
 * Create the keeper of proofs. It stores nothing: every server of the issuer with the same secret knows the devices of the
 * others.
 */
export function createKnownDevices({ issuer, secret, clock }: KnownDevicesOptions): KnownDevices {
  const macKey = deriveKey(secret, "known-device");
  // JSON ends each part, so that no two issuers and accounts read the same.
  const hmac = (parts: readonly string[], signed: Uint8Array = new Uint8Array()): Buffer =>
    createHmac("sha256", macKey).update(JSON.stringify(parts)).update(signed).digest();
  const macOf = (account: string, signed: Uint8Array): Uint8Array =>
    hmac([issuer, account], signed).subarray(0, MAC_BYTES);
  const passwordOf = (account: string, passwordHash: string): Uint8Array =>
    hmac([issuer, account, passwordHash]).subarray(0, PASSWORD_BYTES);
  const proves = (proof: Buffer, account: string): boolean =>
    timingSafeEqual(macOf(account, proof.subarray(0, SIGNED_BYTES)), proof.subarray(SIGNED_BYTES));
  const readLive = (texts: readonly string[]): readonly Buffer[] => {
    const oldestSeconds = (clock.nowMs() - DEVICE_PROOF_MS) / 1_000;
    return texts
      .slice(0, MAX_CHECKED)
      .filter((text) => FORM.test(text))
      .map((text) => Buffer.from(text, "base64url"))
      .filter((proof) => proof.readUInt32BE(0) > oldestSeconds);
  };
  return {
    find(proofs, account) {
      const found = readLive(proofs)
        .filter((proof) => proves(proof, account))
        .map((proof) => ({
          id: proof.toString("base64url", TIME_BYTES, ID_END),
          hasUsed: (passwordHash: string) =>
            timingSafeEqual(passwordOf(account, passwordHash), proof.subarray(ID_END, SIGNED_BYTES)),
        }));
      return [...new Map(found.map((device) => [device.id, device])).values()];
    },
    add(proofs, { account, passwordHash }) {
      const time = Buffer.alloc(TIME_BYTES);
      time.writeUInt32BE(Math.floor(clock.nowMs() / 1_000));
      const signed = Buffer.concat([time, randomBytes(ID_BYTES), passwordOf(account, passwordHash)]);
      const others = readLive(proofs).filter((one) => !proves(one, account));
      return [Buffer.concat([signed, macOf(account, signed)]), ...others]
        .slice(0, MAX_DEVICE_PROOFS)
        .map((proof) => proof.toString("base64url"));
    },
  };
}
