import type { ClientCertificate } from "@countersign/server";
import type { ClientCertificateRule } from "../store/client-certificate-rule.ts";

/** How many certificates one client can have: the one before and the next at the least, while they are replaced. */
const MAX_CERTIFICATES = 16;

/** How long a name may be, in UTF-16 units. */
const MAX_NAME_CHARS = 1_024;

/** A SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/**
 * Check which certificate is to prove who a client is.
 *
 * @throws Error when it has no name, or there are no certificates or too many
 */
export function assertCertificateRule(rule: ClientCertificateRule): void {
  if (rule.kind !== "certificates") {
    const { name } = rule;
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME_CHARS || /\p{Cc}/u.test(name)) {
      throw new Error(`the name in a client's certificate must have 1 to ${MAX_NAME_CHARS} characters`);
    }
    return;
  }
  const { thumbprints } = rule;
  if (thumbprints.length === 0 || thumbprints.length > MAX_CERTIFICATES || !thumbprints.every(isThumbprint)) {
    throw new Error(
      `a client has 1 to ${MAX_CERTIFICATES} certificates, each as its SHA-256 in base64url (RFC 8705 §3.1)`,
    );
  }
}

function isThumbprint(text: unknown): boolean {
  return typeof text === "string" && THUMBPRINT.test(text);
}

/**
 * Check whether a certificate proves who a client is. What stands in one counts only when an authority vouches for it.
 */
export function matchesCertificate(rule: ClientCertificateRule, certificate: ClientCertificate): boolean {
  switch (rule.kind) {
    case "certificates":
      return rule.thumbprints.includes(certificate.thumbprint);
    case "subject":
      return certificate.isVerified && certificate.subject === rule.name;
    case "dns":
      return certificate.isVerified && certificate.san.dns.some((name) => isSameHost(name, rule.name));
    case "email":
    case "uri":
      return certificate.isVerified && certificate.san[rule.kind].includes(rule.name);
    default:
      return rule satisfies never;
  }
}

function isSameHost(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
