import type { RevocationCheck } from "../authenticate/authenticator.ts";
import { isOfTenant } from "../authenticate/issuer-rules.ts";
import type { TrustedIssuer, TrustedIssuers } from "../authenticate/issuers.ts";
import type { Principal } from "../authenticate/principal.ts";
import { AuthError } from "../errors/auth-error.ts";
import { oneOf } from "../errors/facts.ts";
import type { StreamRegistry } from "../streams/stream-registry.ts";
import { type Audiences, assertTokenAudience } from "./audiences.ts";
import { describeRelaxations } from "./describe-relaxations.ts";
import type { IssuerOptions } from "./issuer-options.ts";

/** The issuers of a server while it runs: tenants come and go. */
export interface LiveIssuers {
  /**
   * Trust one more issuer from now on.
   *
   * @param options as in the options of `createAuth`
   * @throws TypeError when an option is wrong, an issuer of that name is trusted already, or it has `signals`,
   *   `logout` or `sharedSignals`, which can only be given at start
   */
  add(options: IssuerOptions): void;
  /**
   * Trust an issuer no more: its tokens are refused from now on, also those that were verified before, and the streams
   * that run on them end.
   *
   * @param issuer its name, as it was given
   * @returns false when there is none of that name
   */
  remove(issuer: string): boolean;
}

/** What {@link createLiveIssuers} needs. */
export interface LiveIssuersOptions {
  readonly audiences: Audiences;
  /** Fills in the defaults of an issuer. @throws TypeError when its options are wrong */
  readonly trust: (options: IssuerOptions) => TrustedIssuer;
  /** Forgets the verdicts on tokens of an issuer. */
  readonly forget: (issuer: TrustedIssuer) => void;
  readonly streams: StreamRegistry;
  /** Receives a warning for every option that makes the server less safe. */
  readonly onWarning: (message: string) => void;
}

/** Create what changes the issuers of a server while it runs. */
export function createLiveIssuers(options: LiveIssuersOptions): LiveIssuers {
  const { audiences, trust, forget, streams, onWarning } = options;
  const { issuers } = audiences;
  return {
    add(added) {
      const issuer = audiences.widen(trust(added));
      const early = (["signals", "logout", "sharedSignals"] as const).find(
        (name) => added[name] !== undefined,
      );
      if (early !== undefined) {
        throw new TypeError(
          `issuer ${added.issuer} has ${early}: it must be named when createAuth is called`,
        );
      }
      assertTokenAudience(added, issuer);
      const before = issuers.get(added.issuer);
      issuers.add(issuer);
      if (before !== undefined) {
        // A tenant has options of its own from now on: what those of its template let in is judged by them.
        forget(before);
      }
      issuer.keys.prefetch?.();
      for (const relaxation of describeRelaxations(added, issuer.audiences)) {
        onWarning(relaxation);
      }
    },
    remove(name) {
      const issuer = issuers.remove(name);
      if (issuer === undefined) {
        return false;
      }
      forget(issuer);
      streams.endWhere(
        (principal) => isOnlyOf(principal, issuer, issuers),
        new AuthError("TOKEN_INVALID", "the issuer is not trusted any more", {
          facts: { check: "issuer", expected: () => oneOf(issuers.names()), got: name },
        }),
      );
      return true;
    },
  };
}

/** A tenant may be trusted under its own name, beside the template that it is of. */
function isOnlyOf({ issuer: name }: Principal, removed: TrustedIssuer, others: TrustedIssuers): boolean {
  return removed.tenants === undefined
    ? name === removed.issuer
    : isOfTenant(name, removed.tenants) && others.get(name) === undefined;
}

/** Count the tokens of issuers that are not trusted any more as revoked: for calls and streams that are under way. */
export function withRemoved(revocations: RevocationCheck, issuers: TrustedIssuers): RevocationCheck {
  return {
    isRevoked: (principal) => issuers.get(principal.issuer) === undefined || revocations.isRevoked(principal),
  };
}
