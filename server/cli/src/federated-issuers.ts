import type { FederatedIssuerOptions } from "@countersign/issuer";
import type { IssuerOptions } from "@countersign/server";
import { type IssuerHost, resolveIssuer, systemClock } from "@countersign/server/internal";
import type { ExchangeSettings } from "./issuer-file/exchange-schema.ts";
import type { TrustedIssuerEntry } from "./issuer-file/to-entry.ts";
import { CommandError } from "./usage-error.ts";

/** The other issuers of a server. */
export interface OtherIssuers {
  /** Those whose tokens are accepted in calls. */
  readonly issuers: readonly IssuerOptions[];
  /** All of them, with the same keys: their tokens can be exchanged for ours, or authenticate clients, or both. */
  readonly federated: readonly FederatedIssuerOptions[];
}

/** Whom tokens of others are exchanged for. */
interface Server {
  /** The audience of our tokens. */
  readonly audience: string;
  /** The name of our issuer. */
  readonly issuer: string;
}

/** Who learns of how it goes with the keys of other issuers. */
type KeyWatch = Required<Pick<IssuerHost, "observer" | "onWarning">>;

const UNWATCHED: KeyWatch = { observer: {}, onWarning: undefined };

/**
 * Resolve the entries of the file of trusted issuers. Keys are fetched once, whatever an issuer is trusted for.
 *
 * @param entries the entries of the file
 * @param watch learns of fetches of keys, and of what is wrong with them. Default: nothing does
 * @throws CommandError when an entry makes no sense
 */
export function resolveOtherIssuers(
  entries: readonly TrustedIssuerEntry[],
  server: Server,
  { observer, onWarning }: KeyWatch = UNWATCHED,
): OtherIssuers {
  assertOthers(entries, server);
  const resolved = entries.map(({ exchange, clientsOnly = false, ...options }) => {
    assertOnePurpose(options, { exchange, clientsOnly });
    const { keys, algorithms } = explainIssuersFile(() =>
      resolveIssuer(options, { audience: server.audience, clock: systemClock, observer, onWarning }),
    );
    const issuer: IssuerOptions = { ...options, algorithms, keys: { source: keys } };
    const federated =
      exchange === undefined ? { issuer, clientsOnly: true } : toFederated(issuer, exchange, server);
    return { called: clientsOnly ? [] : [issuer], federated };
  });
  return {
    issuers: resolved.flatMap(({ called }) => called),
    federated: resolved.map(({ federated }) => federated),
  };
}

function assertOnePurpose(
  { issuer, logout, sharedSignals }: Pick<IssuerOptions, "issuer" | "logout" | "sharedSignals">,
  { exchange, clientsOnly }: Pick<TrustedIssuerEntry, "clientsOnly" | "exchange">,
): void {
  if (clientsOnly === true && exchange !== undefined) {
    throw new CommandError(
      `the file of trusted issuers: issuer ${issuer} has clientsOnly and exchange: its tokens are either for clients ` +
        "only, or exchanged",
    );
  }
  const ended = [logout && "logout", sharedSignals && "sharedSignals"].find((name) => name !== undefined);
  if (clientsOnly === true && ended !== undefined) {
    throw new CommandError(
      `the file of trusted issuers: issuer ${issuer} has clientsOnly and ${ended}: no calls are made with its tokens, so ` +
        "that there is nothing to end",
    );
  }
}

function toFederated(
  issuer: IssuerOptions,
  exchange: ExchangeSettings,
  server: Server,
): FederatedIssuerOptions {
  const accepted = issuer.audiences ?? [server.audience];
  return {
    issuer: {
      ...issuer,
      // A token that names us as its authorization server is meant for exchange (RFC 7523 §3).
      audiences: exchange.audiences ?? [...new Set([...accepted, server.issuer])],
      types: exchange.types ?? issuer.types,
      insecure: { ...issuer.insecure, ...toTypeRelaxation(exchange) },
    },
    subjectClaim: exchange.subject,
    scopes: exchange.scopes,
    roles: exchange.roles,
    requiredClaims: exchange.require,
    acr: exchange.acr,
    amr: exchange.amr,
    refreshForMs: exchange.refresh,
  };
}

/** What is said of calls holds for exchange, too, unless the entry says otherwise. */
function toTypeRelaxation({ untyped }: ExchangeSettings): IssuerOptions["insecure"] {
  return untyped === undefined ? {} : { allowMissingType: untyped };
}

/** The tokens of the built-in issuer are verified with its own keys, and with what it knows of its sessions. */
function assertOthers(entries: readonly TrustedIssuerEntry[], { issuer }: Server): void {
  const index = entries.findIndex((entry) => entry.issuer === issuer);
  if (index >= 0) {
    throw new CommandError(
      `the file of trusted issuers: entry ${index + 1} is of issuer ${issuer}, which is the built-in issuer of this ` +
        "server: its tokens are accepted without an entry",
    );
  }
}

/**
 * Do what can fail because of what stands in the file of trusted issuers.
 *
 * @throws CommandError with the message of what is wrong
 */
export function explainIssuersFile<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : "unknown error";
    throw new CommandError(`the file of trusted issuers: ${why}`, { cause });
  }
}

/**
 * Say of each issuer whether its keys can be fetched, for the operator of the server. Where they could not be, another
 * attempt is made when it is due.
 *
 * @param issuers as {@link resolveOtherIssuers} has them
 */
export function describeKeys(issuers: readonly IssuerOptions[]): Readonly<Record<string, string>> {
  return Object.fromEntries(issuers.map(({ issuer, keys }) => [issuer, failureOf(keys) ?? "ok"]));
}

function failureOf(keys: IssuerOptions["keys"]): string | undefined {
  return "source" in keys ? keys.source.failure?.() : undefined;
}
