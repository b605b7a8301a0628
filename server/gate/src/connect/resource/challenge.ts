import type { DescMethod } from "@bufbuild/protobuf";
import type { TokenScheme } from "../../authenticate/authorization.ts";
import type { PolicyTable } from "../../authorize/policy-table.ts";
import { toQuotable } from "../../kernel/wire-names.ts";
import type { Resource } from "./resource-options.ts";

/** What the challenge of a refused call says of its method, beside why it was refused. */
export interface ChallengeHints {
  /** Scopes that are enough for the method; undefined: it needs none. */
  readonly scope: string | undefined;
  /** The URL of the metadata that says where to get tokens; undefined: the server is no resource. */
  readonly resourceMetadata: string | undefined;
  /** Whether the method needs a token that is bound to a key of its sender. */
  readonly requiresBinding: boolean;
}

/** Finds what the challenge of a method says; undefined when it says nothing of the method. */
export type FindChallengeHints = (method: DescMethod) => ChallengeHints | undefined;

/**
 * Create what finds the hints of a method. They are made once: a stranger decides how many calls are refused.
 *
 * @param resource undefined: there is no metadata to name
 */
export function createChallengeHints(
  resource: Resource | undefined,
  policies: PolicyTable,
): FindChallengeHints {
  const hints = new Map(
    policies.entries
      .filter(({ policy }) => resource !== undefined || policy.requiresBinding)
      .map(({ method, policy: { scopes, anyScopes, requiresBinding } }) => {
        // Of those of which one is enough, the first: a client should not ask for more than it needs.
        const enough = resource === undefined ? [] : [...scopes, ...anyScopes.slice(0, 1)];
        const scope = enough.length === 0 ? undefined : [...new Set(enough)].join(" ");
        return [method, { scope, resourceMetadata: resource?.metadataUrl, requiresBinding }];
      }),
  );
  return (method) => hints.get(method);
}

/** What a challenge says. */
export interface ChallengeParts {
  readonly scheme: TokenScheme;
  readonly realm: string;
  /** Undefined: no token was sent, and there is nothing to say about it (RFC 6750 §3.1). */
  readonly error?: { readonly code: string; readonly description: string } | undefined;
  readonly scope?: string | undefined;
  readonly acrValues?: string | undefined;
  readonly maxAge?: string | undefined;
  readonly resourceMetadata?: string | undefined;
  /** The algorithms that proofs may be signed with, separated by spaces. */
  readonly algs?: string | undefined;
}

/**
 * Write the value of `WWW-Authenticate`: [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3), for a
 * step-up [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470#section-3), for tokens with a proof
 * [RFC 9449 §7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1), and for where to get tokens
 * [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1). A character that a quoted text must not have is
 * left out.
 */
export function writeChallenge(parts: ChallengeParts): string {
  const params: Readonly<Record<string, string | undefined>> = {
    realm: parts.realm,
    error: parts.error?.code,
    error_description: parts.error?.description,
    scope: parts.scope,
    acr_values: parts.acrValues,
    max_age: parts.maxAge,
    resource_metadata: parts.resourceMetadata,
    algs: parts.algs,
  };
  const written = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${toQuotable(value)}"`],
  );
  return `${parts.scheme} ${written.join(", ")}`;
}
