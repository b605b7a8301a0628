import type { FederatedIssuer } from "@countersign/issuer";
import type { Clock, IssuerOptions } from "@countersign/server";
import { resolveIssuer, type TrustedIssuer, toShortType } from "@countersign/server/internal";
import type { ExchangeSettings, TrustedIssuerEntry } from "./trusted-issuers.ts";
import { CommandError } from "./usage-error.ts";

/** The other issuers of a server. */
export interface OtherIssuers {
  /** Those whose tokens are accepted in calls. */
  readonly issuers: readonly IssuerOptions[];
  /** Those whose tokens can be exchanged for ours, with the same keys. */
  readonly federated: readonly FederatedIssuer[];
}

/**
 * Resolve the entries of the file of trusted issuers. Keys are fetched once, whatever an issuer is trusted for.
 *
 * @param entries the entries of the file
 * @param server the audience of our tokens, our issuer, and the time
 * @throws CommandError when an entry makes no sense
 */
export function resolveOtherIssuers(
  entries: readonly TrustedIssuerEntry[],
  server: { readonly audience: string; readonly issuer: string; readonly clock: Clock },
): OtherIssuers {
  const resolved = entries.map(({ exchange, ...options }) => {
    const trusted = orExplain(() => resolveIssuer(options, server));
    const federated = exchange === undefined ? [] : [toFederated(trusted, exchange, server.issuer)];
    return { issuer: { ...options, keys: { source: trusted.keys } }, federated };
  });
  return {
    issuers: resolved.map(({ issuer }) => issuer),
    federated: resolved.flatMap(({ federated }) => federated),
  };
}

function toFederated(trusted: TrustedIssuer, exchange: ExchangeSettings, issuer: string): FederatedIssuer {
  return {
    trusted: {
      ...trusted,
      // A token that names us as its authorization server is meant for exchange (RFC 7523 §3).
      audiences: exchange.audiences ?? [...new Set([...trusted.audiences, issuer])],
      types: exchange.types?.map(toShortType) ?? trusted.types,
      allowMissingType: exchange.untyped ?? trusted.allowMissingType,
    },
    subjectClaim: exchange.subject ?? "sub",
    scopes: exchange.scopes ?? [],
    roles: new Map(Object.entries(exchange.roles ?? {})),
    required: new Map(Object.entries(exchange.require ?? {})),
    acr: new Map(Object.entries(exchange.acr ?? {})),
    amr: new Set(exchange.amr),
    ...(exchange.refresh === undefined ? {} : { refreshForMs: exchange.refresh }),
  };
}

function orExplain<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : "unknown error";
    throw new CommandError(`the file of trusted issuers: ${why}`, { cause });
  }
}
