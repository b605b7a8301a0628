import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ClientCertificateRule, ClientRecord, ClientTrust, NewClient } from "@countersign/issuer";
import { type CommandLine, namesOf } from "./config.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** What a client proves itself with. */
export type Proof = "secret" | "keys" | "issuer" | "certificate";

/** How each is called when a client has a new one. */
export const NEW_PROOFS = {
  secret: "a new secret",
  keys: "new keys",
  issuer: "another issuer that vouches for it",
  certificate: "a certificate that proves who it is",
} as const satisfies Record<Proof, string>;

/** Say what a client proves itself with. */
export function proofOf({ jwks, trust, certificate }: ClientRecord): Proof {
  if (trust !== undefined) {
    return "issuer";
  }
  if (certificate !== undefined) {
    return "certificate";
  }
  return jwks === undefined ? "secret" : "keys";
}

/** Write the rule of a certificate as its option has it; undefined: there is none. */
export function formatRule(rule: ClientCertificateRule | undefined): string | readonly string[] | undefined {
  if (rule === undefined) {
    return undefined;
  }
  return rule.kind === "certificates" ? rule.thumbprints : `${rule.kind}:${rule.name}`;
}

/**
 * Read what a client is to prove itself with, if that is no secret.
 *
 * @throws UsageError when it is more than one thing, or not whole; CommandError when a file cannot be read
 */
export async function readProof(
  line: CommandLine,
): Promise<Pick<NewClient, "certificate" | "jwks" | "trust">> {
  const { jwks, certificate: files, "certificate-name": name, "trust-issuer": issuer } = line.values;
  if ([jwks, files ?? name, issuer].filter((given) => given !== undefined).length > 1) {
    throw new UsageError("give --jwks FILE or --trust-issuer ISSUER or a certificate, and no two of these");
  }
  return { jwks: await readKeys(jwks), trust: readTrust(line), certificate: await readRule(line) };
}

/** @throws UsageError when the issuer or the subjects are missing */
function readTrust({ values }: CommandLine): ClientTrust | undefined {
  const { "trust-issuer": issuer, "trust-subject": subject } = values;
  if (issuer === undefined && subject === undefined) {
    return undefined;
  }
  if (typeof issuer !== "string" || subject === undefined) {
    throw new UsageError("give --trust-issuer ISSUER and --trust-subject SUBJECT together");
  }
  return { issuer, subjects: namesOf(subject) };
}

async function readKeys(jwks: unknown): Promise<string | undefined> {
  return typeof jwks === "string" ? readText("keys", jwks) : undefined;
}

async function readRule({ values }: CommandLine): Promise<ClientCertificateRule | undefined> {
  const { certificate: files, "certificate-name": written } = values;
  if (files !== undefined && written !== undefined) {
    throw new UsageError("give --certificate FILE or --certificate-name KIND:NAME, not both");
  }
  if (files !== undefined) {
    return { kind: "certificates", thumbprints: await Promise.all(namesOf(files).map(readThumbprint)) };
  }
  if (typeof written !== "string") {
    return undefined;
  }
  const [, kind, name = ""] = /^(dns|email|subject|uri):(.+)$/.exec(written) ?? [];
  if (kind !== "dns" && kind !== "email" && kind !== "subject" && kind !== "uri") {
    throw new UsageError("give --certificate-name as subject:NAME, uri:NAME, dns:NAME or email:NAME");
  }
  return { kind, name };
}

/** Read the SHA-256 of a certificate, in base64url. */
async function readThumbprint(file: string): Promise<string> {
  const pem = await readText("certificate", file);
  try {
    const { fingerprint256 } = new X509Certificate(pem);
    return Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url");
  } catch (cause) {
    throw new CommandError(`the file ${file} has no certificate in PEM`, { cause });
  }
}

async function readText(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CommandError(`the ${what} ${file} cannot be read`, { cause });
  }
}
