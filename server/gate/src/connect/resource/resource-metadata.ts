import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import type { PolicyTable } from "../../authorize/policy-table.ts";
import { PROOF_ALGORITHMS } from "../../binding/read-proof.ts";
import { type Documents, toDocuments } from "../../kernel/documents.ts";
import { createJsonDocument } from "../../kernel/json-document.ts";
import { isLoopback } from "../../kernel/loopback.ts";
import type { Resource } from "./resource-options.ts";

/** Metadata of a protected resource ([RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2)). */
export interface ResourceMetadata {
  readonly resource: string;
  readonly resource_name?: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly string[];
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: true;
}

/** What the metadata is made of. */
export interface ResourceMetadataOptions {
  /** Undefined: there is no metadata. */
  readonly resource: Resource | undefined;
  /** The rules of what is served: they name the scopes. */
  readonly policies: PolicyTable;
  /** List the issuers whose tokens are accepted now. */
  readonly issuers: () => readonly string[];
  /** Whether tokens come in header `authorization`, the only one that clients can learn of. */
  readonly usesAuthorizationHeader: boolean;
  /** Whether tokens are taken that are bound to a key, with a proof. */
  readonly takesProofs: boolean;
}

/** Create the documents by which clients learn where to get tokens: none for a server that is no resource. */
export function createResourceDocuments(options: ResourceMetadataOptions): Documents {
  const { resource } = options;
  if (resource === undefined) {
    return toDocuments({});
  }
  const read = (): ResourceMetadata => toResourceMetadata(resource, options);
  return toDocuments({ [resource.metadataPath]: createJsonDocument({ read }, MADE_OF_WHAT_IS_AT_HAND) });
}

/** It is made of what is at hand, which cannot fail. */
const MADE_OF_WHAT_IS_AT_HAND = (): void => undefined;

function toResourceMetadata(resource: Resource, options: ResourceMetadataOptions): ResourceMetadata {
  const { policies, issuers, usesAuthorizationHeader, takesProofs } = options;
  const servers = [...new Set(issuers().filter(isAuthorizationServer))];
  const scopes = policies.entries.flatMap(({ policy }) => [...policy.scopes, ...policy.anyScopes]);
  return {
    resource: resource.url,
    ...(resource.name === undefined ? {} : { resource_name: resource.name }),
    // §3.2: what has no elements is left out.
    ...(servers.length === 0 ? {} : { authorization_servers: servers }),
    ...(scopes.length === 0 ? {} : { scopes_supported: [...new Set(scopes)].sort() }),
    bearer_methods_supported: usesAuthorizationHeader ? ["header"] : [],
    ...(takesProofs ? toProofMetadata(policies) : {}),
  };
}

/** Say which proofs are taken, and whether no method takes a token without one. */
function toProofMetadata(policies: PolicyTable): Partial<ResourceMetadata> {
  const withToken = policies.entries.filter(({ method, policy }) => {
    // Renew opens nothing: a stream is renewed by a token that is bound as its own.
    return policy.access !== "public" && method.parent !== StreamService;
  });
  const isRequired = withToken.length > 0 && withToken.every(({ policy }) => policy.requiresBinding);
  return {
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(isRequired ? { dpop_bound_access_tokens_required: true } : {}),
  };
}

/**
 * Check whether clients can find the metadata of an issuer by its name (RFC 8414 §2). A template of many tenants, a
 * SPIFFE trust domain and a name without a scheme are none.
 */
function isAuthorizationServer(issuer: string): boolean {
  if (/[{}?#]/.test(issuer) || !URL.canParse(issuer)) {
    return false;
  }
  const { protocol, hostname } = new URL(issuer);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
