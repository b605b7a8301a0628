import { deepFreeze } from "./deep-freeze.ts";

/** Who makes a call, as its access token says. Frozen; it never carries the token itself. */
export interface Principal {
  /** The account's stable identifier (claim `sub`); empty when the issuer's options let tokens have none. */
  readonly subject: string;
  /** Who issued the token (claim `iss`): with the tenant, where it has some; a trust domain, where it has no `iss`. */
  readonly issuer: string;
  /** The client that the token was issued to (claim `client_id`); empty when an external issuer names none. */
  readonly clientId: string;
  /** The session that the token belongs to (claim `sid`), if it belongs to one. */
  readonly sessionId: string | undefined;
  /** The token's own identifier (claim `jti`), if it has one. */
  readonly tokenId: string | undefined;
  /** What the token allows (claim `scope`). */
  readonly scopes: readonly string[];
  /** The roles of the account (claim `roles`). */
  readonly roles: readonly string[];
  /** Whom the token is meant for (claim `aud`). */
  readonly audience: readonly string[];
  /** When the user proved who they are (claim `auth_time`), in seconds since 1970. */
  readonly authTimeSeconds: number | undefined;
  /**
   * How well the user proved who they are, in a word of the issuer's (claim `acr`,
   * [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.1)); undefined when the token does not say.
   */
  readonly acr: string | undefined;
  /** The methods by which the user proved who they are (claim `amr`, RFC 8176); empty when the token does not say. */
  readonly amr: readonly string[];
  /**
   * The party that acts for the subject (claim `act`,
   * [RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693#section-4.1)); undefined: the subject acts for itself.
   */
  readonly actor: Actor | undefined;
  /** When the token expires (claim `exp`), in seconds since 1970. */
  readonly expiresAtSeconds: number;
  /** When the token was issued (claim `iat`), in seconds since 1970; 0 when the issuer's options let tokens not say. */
  readonly issuedAtSeconds: number;
  /** The key that the token was signed with (header `kid`), if it has a name. */
  readonly keyId: string | undefined;
  /** The key of the sender that the token is bound to (claim `cnf`), if it is. */
  readonly binding: TokenBinding | undefined;
  /**
   * Every claim of the token, deeply frozen. Not enumerable: `JSON.stringify`, `inspect`, spreading and logging
   * leave it out, because claims may hold names, addresses and whatever else an issuer knows of a person.
   */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A party that acts for the subject of a token (RFC 8693 §4.1). */
export interface Actor {
  /** Who it is (claim `sub` in `act`). */
  readonly subject: string;
  /** Who knows it by that name (claim `iss` in `act`); undefined: the issuer of the token. */
  readonly issuer: string | undefined;
  /** The client that it is (claim `client_id` in `act`), if it is one. */
  readonly clientId: string | undefined;
  /** The party that acted before it, and handed the token on. At most four have acted, this one included. */
  readonly actor: Actor | undefined;
}

/** A sender's key that a token is bound to (RFC 7800). */
export type TokenBinding =
  | { readonly kind: "dpop"; readonly jwkThumbprint: string }
  | { readonly kind: "mtls"; readonly certificateThumbprint: string };

/**
 * Make a principal of its members. All claims are at hand, yet do not go along when it is logged, copied or sent as
 * JSON.
 *
 * @param named the members, which become the principal
 */
export function createPrincipal(
  named: Omit<Principal, "claims">,
  claims: Readonly<Record<string, unknown>>,
): Principal {
  Object.defineProperty(named, "claims", { value: deepFreeze(claims) });
  return Object.freeze(named as Principal); // the property that was missing has just been defined
}
