import { base64Decode } from "@bufbuild/protobuf/wire";
import type { JWK } from "jose";
import { toHex } from "../kernel/hex.ts";

/** The least size of an RSA key, in bits ([RFC 7518 §3.3](https://www.rfc-editor.org/rfc/rfc7518#section-3.3)). */
const MIN_RSA_BITS = 2048;
/** The largest, in bits: the cost of verifying grows with the square, and it is spent on strangers. */
const MAX_RSA_BITS = 8192;

/**
 * The eight points of small order of Ed25519, and the other ways to write them, in base64url. Under such a key one
 * signature is good for many messages.
 */
const SMALL_ORDER_POINTS: ReadonlySet<string> = new Set(
  [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ].flatMap((point) => [point, withSignBit(point)]),
);

/**
 * Find why a public key must not be trusted although it can be imported
 * ([RFC 8725 §3.4](https://www.rfc-editor.org/rfc/rfc8725#section-3.4)).
 *
 * @param jwk the key as it was published
 * @param modulusBits how long its modulus is once it is imported; undefined where it has none
 * @returns what is wrong with it; undefined when nothing is
 */
export function describeFault(jwk: JWK, modulusBits: number | undefined): string | undefined {
  if (jwk.crv === "Ed25519") {
    return SMALL_ORDER_POINTS.has(toHexOf(jwk.x)) ? "the point is of small order" : undefined;
  }
  if (modulusBits === undefined) {
    return undefined;
  }
  if (modulusBits < MIN_RSA_BITS || modulusBits > MAX_RSA_BITS) {
    return `the modulus is not of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`;
  }
  return isRsaExponent(toHexOf(jwk.e)) ? undefined : "the exponent is even, or 1";
}

/** With the exponent 1 everything is its own signature. */
function isRsaExponent(hex: string): boolean {
  const value = BigInt(`0x0${hex}`);
  return value > 1n && value % 2n === 1n;
}

/** Read how long the modulus of an imported key is, in bits; undefined where it has none. */
export function modulusBitsOf({ algorithm }: CryptoKey): number | undefined {
  return "modulusLength" in algorithm ? Number(algorithm.modulusLength) : undefined;
}

function withSignBit(point: string): string {
  const last = Number.parseInt(point.slice(-2), 16) | 0x80;
  return point.slice(0, -2) + last.toString(16).padStart(2, "0");
}

function toHexOf(base64url = ""): string {
  return toHex(base64Decode(base64url));
}
