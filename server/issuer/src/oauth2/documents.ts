import type { Endpoint } from "@countersign/server";
import { createJsonDocument } from "@countersign/server/internal";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "./metadata.ts";

/** What the public documents of an issuer say. */
export interface DocumentsOptions {
  /** The URL of the issuer, exactly as it stands in claim `iss`. */
  readonly issuer: string;
  /** The resources that tokens can be asked for, beside the audience of the issuer. */
  readonly resources: readonly string[];
  /** The URL whose connections ask clients for a certificate; undefined: there is none. */
  readonly mtlsUrl?: string | undefined;
  /** The public keys, as they are now. Other members of a JWK than the public ones are left out. */
  readonly publicJwks: () => readonly Readonly<Record<string, unknown>>[];
  /** How long others may keep the key set, in seconds. */
  readonly jwksMaxAgeSeconds: number;
  /** Receives the reason why a document cannot be made. */
  readonly onError: (error: unknown) => void;
}

/** Create the endpoints of the public documents, by their path: the key set, and what clients discover. */
export function createDocuments(options: DocumentsOptions): Readonly<Record<string, Endpoint>> {
  const { issuer, publicJwks, jwksMaxAgeSeconds: maxAgeSeconds, onError } = options;
  const jwks = createJsonDocument({ read: () => toJwksDocument(publicJwks()), maxAgeSeconds }, onError);
  const metadata = createJsonDocument({ read: () => toMetadataDocument(issuer, options) }, onError);
  const openId = createJsonDocument({ read: () => toOpenIdDocument(issuer, options) }, onError);
  // RFC 8414 §3.1: the path of the issuer goes behind the well-known one.
  const path = new URL(issuer).pathname.replace(/\/$/, "");
  return {
    "/.well-known/jwks.json": jwks,
    "/.well-known/oauth-authorization-server": metadata,
    [`/.well-known/oauth-authorization-server${path}`]: metadata,
    "/.well-known/openid-configuration": openId,
  };
}
