import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its key. */
export interface SelfSigned {
  /** In PEM. */
  readonly cert: string;
  /** In PEM. */
  readonly key: string;
}

/** An authority that only a test trusts. */
export interface CertificateAuthority {
  /** In PEM. */
  readonly cert: string;
  /** Make a certificate. @param names what stands in subjectAltName, by its kind. Default: none */
  issue(commonName: string, names?: AlternativeNamesInit): SelfSigned;
}

/** The other names of a certificate. */
export type AlternativeNamesInit = Partial<Record<"uri" | "dns" | "email", readonly string[]>>;

const ECDSA_WITH_SHA256 = oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
const COMMON_NAME = oid(0x55, 0x04, 0x03);
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 0x11);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);

const LIFE = { from: "200101000000Z", to: "491231235959Z" };
const TAGS = { email: 0x81, dns: 0x82, uri: 0x86 };

/**
 * Make a certificate for `localhost` and `127.0.0.1` that holds for the years around 2030 (RFC 5280 §4.1).
 *
 * @param commonName whose it is: authorities of one name are taken for each other
 * @param life when it holds, as UTCTime
 */
export function createSelfSigned(commonName = "localhost", life: Partial<typeof LIFE> = {}): SelfSigned {
  const { publicKey, privateKey } = createKey();
  const names = [der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1]))];
  return toCertificate(privateKey, {
    ...{ subject: commonName, issuer: commonName, issuerKey: privateKey, publicKey },
    ...{ life: { ...LIFE, ...life }, extensions: [toNames(names)] },
  });
}

/** Make an authority. */
export function createAuthority(commonName: string): CertificateAuthority {
  const { publicKey, privateKey } = createKey();
  const signed = { issuer: commonName, issuerKey: privateKey, life: LIFE };
  const isAuthority = sequence(BASIC_CONSTRAINTS, der(0x04, sequence(der(0x01, Buffer.from([0xff])))));
  const own = { ...signed, subject: commonName, publicKey, extensions: [isAuthority] };
  return {
    cert: toCertificate(privateKey, own).cert,
    issue(subject, init = {}) {
      const key = createKey();
      const names = Object.entries(TAGS).flatMap(([kind, tag]) =>
        (init[kind as keyof typeof TAGS] ?? []).map((name) => der(tag, Buffer.from(name))),
      );
      const extensions = names.length === 0 ? [] : [toNames(names)];
      return toCertificate(key.privateKey, { ...signed, subject, publicKey: key.publicKey, extensions });
    },
  };
}

function createKey() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

interface ToBeSigned {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly life: typeof LIFE;
  readonly extensions: readonly Buffer[];
}

let serials = 1;

function toCertificate(
  privateKey: KeyObject,
  { subject, publicKey, issuer, issuerKey, life, extensions }: ToBeSigned,
): SelfSigned {
  const algorithm = sequence(ECDSA_WITH_SHA256);
  serials += 1;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x40, serials >> 8, serials & 0xff])),
    algorithm,
    toName(issuer),
    sequence(der(0x17, Buffer.from(life.from)), der(0x17, Buffer.from(life.to))),
    toName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = sign("sha256", toBeSigned, issuerKey);
  const certificate = sequence(
    toBeSigned,
    algorithm,
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function toName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
}

function toNames(names: readonly Buffer[]): Buffer {
  return sequence(SUBJECT_ALT_NAME, der(0x04, sequence(...names)));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

/** Write a value in DER: its tag, its length, its content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 128
      ? [content.length]
      : content.length < 256
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
