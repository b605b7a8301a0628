import { describe, expect, it } from "vitest";
import {
  createKnownDevices,
  DEVICE_PROOF_MS,
  MAX_DEVICE_PROOFS,
} from "../../../server/issuer/src/credentials/known-devices.ts";
import { digestUsername } from "../../../server/issuer/src/credentials/username.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createWallClock } from "../../support/test-clock.ts";

const ADA = digestUsername("ada");
const EVE = digestUsername("eve");
const HASH = "$argon2id$first";

function start({ secret = 7, issuer = "https://issuer.example", clock = createWallClock() } = {}) {
  const devices = createKnownDevices({ issuer, secret: new Uint8Array(32).fill(secret), clock });
  const add = (proofs: readonly string[], account: string) =>
    devices.add(proofs, { account, passwordHash: HASH });
  /** The name of the first device that is known, if its password is that of now. */
  const find = (proofs: readonly string[], account: string) =>
    devices.find(proofs, account).find((device) => device.hasUsed(HASH))?.id;
  const [proof = ""] = add([], ADA);
  return { clock, devices: { add, find }, known: devices, proof };
}

/** Change one character of a proof, which stands for bytes of its time, its name or its code. */
const changed = (proof: string, at: number): string =>
  `${proof.slice(0, at)}${proof[at] === "A" ? "B" : "A"}${proof.slice(at + 1)}`;

const WORTHLESS = notEmpty([
  { name: "empty", of: () => "" },
  { name: "of another secret", of: () => start({ secret: 8 }).proof },
  {
    name: "of another issuer with the same secret",
    of: () => start({ issuer: "https://staging.example" }).proof,
  },
  { name: "with another time", of: (proof: string) => changed(proof, 0) },
  { name: "with another name", of: (proof: string) => changed(proof, 8) },
  { name: "with another password", of: (proof: string) => changed(proof, 18) },
  { name: "with another code", of: (proof: string) => changed(proof, 30) },
  { name: "cut short", of: (proof: string) => proof.slice(0, -1) },
  { name: "too long", of: (proof: string) => `${proof}A` },
  { name: "no base64url", of: (proof: string) => `${proof.slice(0, -1)}=` },
]);

describe("known devices", () => {
  it("are known to the account that they have signed in to, at every server with the secret", () => {
    const { devices, proof, clock } = start();
    expect(proof).toMatch(/^[\w-]{43}$/);
    expect(devices.find([proof], ADA)).toMatch(/^[\w-]{11}$/);
    expect(start({ clock }).devices.find([proof], ADA)).toBe(devices.find([proof], ADA));
    expect(devices.find([proof], EVE)).toBeUndefined();
  });

  for (const { name, of } of WORTHLESS) {
    it(`are not known by a proof that is ${name}, and are by one beside it`, () => {
      const { devices, proof } = start();
      expect(devices.find([of(proof)], ADA)).toBeUndefined();
      expect(devices.find([of(proof), proof], ADA)).toBeDefined();
    });
  }

  it("are those of another password when the account has a new one, or the same one set again", () => {
    const { known, proof } = start();
    const [again = ""] = known.add([proof], { account: ADA, passwordHash: "$argon2id$second" });
    const used = known
      .find([proof, again], ADA)
      .map(({ hasUsed }) => [hasUsed(HASH), hasUsed("$argon2id$second")]);
    expect(used).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it("are told apart, and counted anew with each sign-in", () => {
    const { devices, proof } = start();
    const [other = ""] = devices.add([], ADA);
    const [again = ""] = devices.add([proof], ADA);
    expect(new Set([proof, other, again].map((one) => devices.find([one], ADA))).size).toBe(3);
  });

  it("keep one proof of an account, of four accounts, and lose the oldest", () => {
    const { devices } = start();
    const accounts = ["a", "b", "c", "d", "e"].map(digestUsername);
    const proofs = accounts.reduce<readonly string[]>((kept, account) => devices.add(kept, account), []);
    expect(proofs).toHaveLength(MAX_DEVICE_PROOFS);
    const known = accounts.map((account) => devices.find(proofs, account) !== undefined);
    expect(known).toEqual([false, true, true, true, true]);
    expect(devices.add(proofs, digestUsername("e"))).toHaveLength(MAX_DEVICE_PROOFS);
  });

  it("are forgotten after 180 days, and lose what is no proof with the next sign-in", () => {
    const { devices, proof, clock } = start();
    clock.advance(DEVICE_PROOF_MS - 1_000);
    expect(devices.find([proof], ADA)).toBeDefined();
    clock.advance(1_000);
    expect(devices.find([proof], ADA)).toBeUndefined();
    expect(devices.add([proof, "planted", "x".repeat(43)], EVE)).toHaveLength(2);
  });

  it("look at so many proofs, whatever is sent", () => {
    const { devices, proof } = start();
    const planted = Array.from({ length: 32 }, (_, n) => changed(proof, n));
    expect(devices.find([...planted.slice(1), proof], ADA)).toBeDefined();
    expect(devices.find([...planted, proof], ADA)).toBeUndefined();
  });
});
