import { sign } from "node:crypto";
import { craftToken, goodClaims, type Signer, type SigningKey } from "../support/tokens.ts";
import { bearer, DETAIL, type HostileCase, invalid, passes } from "./hostile-case.ts";
import { edKey, ownKey, psKey, rsKey } from "./issuers.ts";

interface Family {
  readonly key: SigningKey;
  readonly iss: string;
  readonly typ: string;
}

const families: readonly Family[] = [
  { key: ownKey, iss: "https://issuer.example", typ: "at+jwt" },
  { key: edKey, iss: "https://ed.example", typ: "at+jwt" },
  { key: rsKey, iss: "https://rsa.example", typ: "jwt" },
  { key: psKey, iss: "https://rsa.example", typ: "jwt" },
];

const ORDER_OF_P256 = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
/** Little-endian. */
const ORDER_OF_ED25519 = Buffer.from(
  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
  "hex",
);

/** What can be done to a signature of any algorithm. */
const anySignature = (key: SigningKey): Readonly<Record<string, Signer>> => ({
  "all zeros": (input) => Buffer.alloc(key.sign(input).length),
  "all ones": (input) => Buffer.alloc(key.sign(input).length, 0xff),
  "one byte": () => Buffer.of(1),
  "the first bit flipped": (input) => flip(key.sign(input), 0),
  "the last bit flipped": (input) => flip(key.sign(input), -1),
  "one byte short": (input) => key.sign(input).subarray(0, -1),
  "one byte long": (input) => Buffer.concat([key.sign(input), Buffer.of(0)]),
  "a zero before": (input) => Buffer.concat([Buffer.of(0), key.sign(input)]),
  twice: (input) => Buffer.concat([key.sign(input), key.sign(input)]),
  reversed: (input) => Buffer.from(key.sign(input)).reverse(),
  "of the payload alone": (input) => key.sign(input.split(".")[1] ?? ""),
  "of the input without the dot": (input) => key.sign(input.replace(".", "")),
  "of the input with a dot more": (input) => key.sign(`${input}.`),
  "of other claims": () => key.sign("a.b"),
  "the input itself": (input) => Buffer.from(input),
});

const ownSignature: Readonly<Record<string, Signer>> = {
  "in DER (R11)": (input) =>
    sign("sha256", Buffer.from(input), { key: ownKey.privateKey, dsaEncoding: "der" }),
  "with r = 0 (R11)": (input) => Buffer.concat([Buffer.alloc(32), half(input, 1)]),
  "with s = 0 (R11)": (input) => Buffer.concat([half(input, 0), Buffer.alloc(32)]),
  "with r = n (R11)": (input) => Buffer.concat([ORDER_OF_P256, half(input, 1)]),
  "with s = n (R11)": (input) => Buffer.concat([half(input, 0), ORDER_OF_P256]),
  "with r = s = 1": () => Buffer.concat([one(), one()]),
  "with r and s swapped": (input) => Buffer.concat([half(input, 1), half(input, 0)]),
  "of SHA-384": (input) =>
    sign("sha384", Buffer.from(input), { key: ownKey.privateKey, dsaEncoding: "ieee-p1363" }),
  "of 132 bytes, as ES512": (input) =>
    Buffer.concat([Buffer.alloc(34), half(input, 0), Buffer.alloc(34), half(input, 1)]),
};

const edSignature: Readonly<Record<string, Signer>> = {
  "with S + L (R12)": (input) => addOrder(Buffer.from(edKey.sign(input))),
  "with S = L (R12)": (input) =>
    Buffer.concat([Buffer.from(edKey.sign(input)).subarray(0, 32), ORDER_OF_ED25519]),
  "with S = 0": (input) => Buffer.concat([Buffer.from(edKey.sign(input)).subarray(0, 32), Buffer.alloc(32)]),
  "with R the identity": (input) =>
    Buffer.concat([Buffer.of(1), Buffer.alloc(31), Buffer.from(edKey.sign(input)).subarray(32)]),
};

function half(input: string, which: 0 | 1): Uint8Array {
  return ownKey.sign(input).subarray(which * 32, which * 32 + 32);
}

function one(): Uint8Array {
  return Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** Write S + L for S: the same number for those who reduce it. */
function addOrder(signature: Uint8Array): Uint8Array {
  const sum = Buffer.from(signature);
  let carry = 0;
  for (let at = 0; at < 32; at += 1) {
    carry += (sum[32 + at] ?? 0) + (ORDER_OF_ED25519[at] ?? 0);
    sum[32 + at] = carry & 0xff;
    carry >>= 8;
  }
  return sum;
}

function caseOf({ key, iss, typ }: Family, name: string, signer: Signer): HostileCase {
  const token = craftToken({ alg: key.algorithm, typ, kid: key.kid }, goodClaims({ iss }), signer);
  return invalid(`${key.algorithm} signature: ${name}`, token, DETAIL.signature);
}

/** Write n - s for s: with ECDSA, whoever has one signature has two. */
function mirrored(input: string): Uint8Array {
  const signature = Buffer.from(ownKey.sign(input));
  const s = BigInt(`0x${signature.subarray(32).toString("hex")}`);
  const other = BigInt(`0x${ORDER_OF_P256.toString("hex")}`) - s;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other.toString(16).padStart(64, "0"), "hex")]);
}

const mirroredToken = (claims: Record<string, unknown>) =>
  craftToken({ alg: "ES256", typ: "at+jwt", kid: ownKey.kid }, goodClaims(claims), mirrored);

/** It is as good as the first, so that nothing may hang on the text of a signature: revocation hangs on claims. */
const mirroredCases: readonly HostileCase[] = [
  passes("ES256 signature: the other of the two that ECDSA has", mirroredToken({})),
  {
    name: "ES256 signature: the other one does not undo a revocation",
    fields: bearer(mirroredToken({ sid: "session-revoked" })),
    outcome: "SESSION_REVOKED",
  },
];

const damaged: readonly HostileCase[] = families.flatMap((family) => {
  const special = family.key === ownKey ? ownSignature : family.key === edKey ? edSignature : {};
  return Object.entries({ ...anySignature(family.key), ...special }).map(([name, signer]) =>
    caseOf(family, name, signer),
  );
});

/** What is done to signatures. */
export const signatureCases: readonly HostileCase[] = [...damaged, ...mirroredCases];
