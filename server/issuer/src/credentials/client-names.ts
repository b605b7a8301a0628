import { isScopeToken } from "@countersign/server/internal";

/** The grant types that a client can be allowed: how the command line calls them, and how OAuth does. */
export const CLIENT_GRANTS = {
  client_credentials: "client_credentials",
  "jwt-bearer": "urn:ietf:params:oauth:grant-type:jwt-bearer",
  "token-exchange": "urn:ietf:params:oauth:grant-type:token-exchange",
  refresh_token: "refresh_token",
} as const;

/** A grant type that a client can be allowed, as the command line calls it. */
export type ClientGrant = keyof typeof CLIENT_GRANTS;

/** Readable, and the same in a URL, a header and a form. */
const CLIENT_ID = /^[A-Za-z0-9._~-]{1,128}$/;

/** What subjects begin with: a client must not be taken for one (RFC 9700 §4.15). */
const RESERVED = /^(usr_|ext_|client_|countersign-)/;

/** Write a client as a subject: no subject of another kind looks like it (RFC 9068 §5, RFC 9700 §4.15). */
export function toClientSubject(clientId: string): string {
  return `client_${clientId}`;
}

/** Check whether a text can be the identifier of a client, before the store is asked. */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text) && !RESERVED.test(text);
}

/** @throws Error when a new client cannot be called so */
export function assertClientId(text: string): void {
  if (!isClientId(text)) {
    throw new Error(
      "the identifier of a client must be 1 to 128 letters, digits and . _ ~ -, and must not begin with " +
        "usr_, ext_, client_ or countersign-",
    );
  }
}

/** What a scope or role must be. */
export const TOKEN_RULE =
  "a scope or role must be 1 to 128 printable ASCII characters without space, quote or backslash";

/** @throws Error when one is no name for a scope or role */
export function assertTokens(names: readonly string[]): void {
  if (!names.every(isScopeToken)) {
    throw new Error(TOKEN_RULE);
  }
}

/** @throws Error when one is not a grant type that clients can have */
export function assertGrants(grants: readonly string[]): void {
  if (grants.length === 0 || !grants.every((grant) => Object.hasOwn(CLIENT_GRANTS, grant))) {
    throw new Error(`a grant must be one of ${Object.keys(CLIENT_GRANTS).join(", ")}`);
  }
}
