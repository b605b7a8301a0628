import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import type { Check } from "../../../server/gate/src/errors/facts.ts";
import { ISSUED_AT_SECONDS, type KeyPairAlgorithm } from "../../support/tokens.ts";

/** What a provider sends, as its documents show it, and what a preset makes of it. */
export interface ProviderShape {
  readonly preset: string;
  /** What the preset is called with. */
  readonly options: IssuerOptions;
  readonly algorithm: KeyPairAlgorithm;
  /** Where its key set is fetched. */
  readonly jwksUri: string;
  /** The members of its keys, beside those that make the key. Default: `use`, `alg` and `kid`. */
  readonly jwk?: Readonly<Record<string, unknown>>;
  /** Header of the token, beside `alg` and `kid`. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the principal says. */
  readonly expected: Partial<Principal>;
  /** Tokens that are almost right, and not: what is different about each. */
  readonly nearMisses: Readonly<Record<string, NearMiss>>;
}

/** What is different about a token. A claim or member that is undefined is left out. */
export interface NearMiss {
  /** The check that refuses it. */
  readonly check: Check;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The times of a token of one hour. */
export const ONE_HOUR = { iat: ISSUED_AT_SECONDS, exp: ISSUED_AT_SECONDS + 3_600 };

/** Tokens that no preset may take, whatever it says; made of one that it takes. */
export function commonNearMisses({ claims, header }: ProviderShape): Readonly<Record<string, NearMiss>> {
  const { iss } = claims;
  const issuerMisses: Readonly<Record<string, NearMiss>> =
    typeof iss === "string"
      ? {
          "of an issuer with another slash at its end": {
            check: "issuer",
            claims: { iss: iss.endsWith("/") ? iss.slice(0, -1) : `${iss}/` },
          },
          "of an issuer on another host": {
            check: "issuer",
            claims: { iss: iss.replace("https://", "https://evil.") },
          },
          "of an issuer in other letters": { check: "issuer", claims: { iss: iss.toUpperCase() } },
          "without issuer": { check: "issuer", claims: { iss: undefined } },
        }
      : {
          "of an issuer, though it should have none": {
            check: "issuer",
            claims: { iss: "https://evil.example" },
          },
          "without subject": { check: "issuer", claims: { sub: undefined } },
        };
  return {
    ...issuerMisses,
    "that has expired": {
      check: "expiry",
      claims: { iat: ISSUED_AT_SECONDS - 7_200, exp: ISSUED_AT_SECONDS - 60 },
    },
    "that never expires": { check: "claim", claims: { exp: undefined } },
    "whose expiry is text": { check: "claim", claims: { exp: String(ISSUED_AT_SECONDS + 3_600) } },
    "that is not good yet": { check: "not_before", claims: { nbf: ISSUED_AT_SECONDS + 600 } },
    "that lives for ten years": { check: "life", claims: { exp: ISSUED_AT_SECONDS + 10 * 365 * 86_400 } },
    "for another audience": { check: "audience", claims: audienceOf("somebody-else") },
    "that is bound to a key of its sender": { check: "sender", claims: { cnf: { jkt: "abc" } } },
    "of another type": { check: "type", header: { typ: "logout+jwt" } },
    "of no algorithm": { check: "algorithm", header: { alg: "none" } },
    "of an algorithm with a secret": { check: "algorithm", header: { alg: "HS256" } },
    "with an extension that must be understood": { check: "header", header: { ...header, crit: ["exp"] } },
  };
}

/** Replace whatever says whom a token is for. */
function audienceOf(name: string): Readonly<Record<string, unknown>> {
  return { aud: name, client_id: name, azp: name };
}
