import { AuthError } from "@countersign/server";
import type { ClientCredential } from "../credentials/client-authentication.ts";
import type { SignIn } from "../services/session-sign-in.ts";
import { FIRST_PARTY_CLIENT_ID } from "../sessions/session-options.ts";
import type { ClientRecord } from "../store/clients.ts";
import type { OAuthRequest } from "./oauth-endpoint.ts";
import { OAuthError } from "./oauth-error.ts";

/** Who makes an OAuth request. */
export type Caller =
  /** A client that has proven who it is; by the certificate of a thumbprint, if it has one. */
  | {
      readonly kind: "client";
      readonly client: ClientRecord;
      readonly certificateThumbprint?: string | undefined;
    }
  /** Our own pages and tools, which cannot keep a secret. */
  | { readonly kind: "first-party" }
  /** A caller that did not authenticate. */
  | { readonly kind: "anonymous" };

/** The one kind of `client_assertion_type` ([RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2)). */
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const MAX_FIELD_CHARS = 1_024;

/** What a request says of its client. */
interface Proof {
  readonly clientId: string | undefined;
  readonly credential: ClientCredential | undefined;
  readonly isBasic: boolean;
}

/**
 * Find out which client makes a request: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, a certificate, or none
 * ([RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3)).
 *
 * @param signIn checks the client
 * @param request the request, its form, and where it comes from
 * @throws OAuthError `invalid_request` when it proves itself in two ways, `invalid_client` when the proof is wrong
 * @throws AuthError `RATE_LIMITED` or `AUTH_UNAVAILABLE`
 */
export async function readCaller(
  signIn: Pick<SignIn, "authenticateClient">,
  request: OAuthRequest,
): Promise<Caller> {
  const { clientId, credential, isBasic } = readProof(request);
  if (credential === undefined) {
    return readPublic(clientId);
  }
  try {
    const client = await signIn.authenticateClient(credential, request.peer);
    if (clientId !== undefined && clientId !== client.clientId) {
      throw new OAuthError("invalid_request", "client_id names another client than its proof");
    }
    return {
      kind: "client",
      client,
      certificateThumbprint:
        credential.kind === "certificate" ? credential.certificate.thumbprint : undefined,
    };
  } catch (error) {
    throw error instanceof AuthError && error.reason === "CREDENTIALS_INVALID"
      ? invalidClient(error.message, isBasic)
      : error;
  }
}

/** @throws OAuthError `invalid_client` when the caller is not a client that has proven who it is */
export function needClient(caller: Caller): ClientRecord {
  if (caller.kind !== "client") {
    throw invalidClient("the client must prove who it is", false);
  }
  return caller.client;
}

function readPublic(clientId: string | undefined): Caller {
  if (clientId === undefined) {
    return { kind: "anonymous" };
  }
  if (clientId !== FIRST_PARTY_CLIENT_ID) {
    // The same words whether there is such a client or not.
    throw invalidClient("the client could not be authenticated", false);
  }
  return { kind: "first-party" };
}

function readProof({ headers, form, certificate }: OAuthRequest): Proof {
  const basic = readBasic(headers);
  const secret = form.get("client_secret");
  const assertion = form.get("client_assertion");
  if ([basic, secret, assertion].filter((proof) => proof !== undefined).length > 1) {
    throw new OAuthError("invalid_request", "the client proves itself in more than one way");
  }
  const clientId = form.get("client_id");
  if (assertion !== undefined) {
    if (form.need("client_assertion_type") !== ASSERTION_TYPE) {
      throw new OAuthError("invalid_request", `client_assertion_type must be ${ASSERTION_TYPE}`);
    }
    return { clientId, credential: { kind: "assertion", assertion }, isBasic: false };
  }
  if (basic !== undefined) {
    return { clientId, credential: basic, isBasic: true };
  }
  if (secret === undefined) {
    const credential = toCertificate(clientId, certificate);
    return { clientId, credential, isBasic: false };
  }
  const credential = toSecret(form.need("client_id"), secret);
  return { clientId, credential, isBasic: false };
}

/** Read HTTP Basic, whose two halves are encoded like a form's values (RFC 6749 §2.3.1). */
function readBasic(headers: Headers): ClientCredential | undefined {
  const value = headers.get("authorization");
  if (value === null) {
    return undefined;
  }
  // A header that stands twice is joined so. No value of Basic has a comma.
  if (value.includes(",")) {
    throw new OAuthError("invalid_request", "the header authorization stands more than once");
  }
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value)?.[1] ?? "";
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  const [clientId, clientSecret] = [decode(id), decode(secret)];
  if (clientId === undefined || clientSecret === undefined) {
    throw invalidClient("the header authorization is not that of a client", true);
  }
  return toSecret(clientId, clientSecret);
}

/**
 * A certificate is the proof of a client that names itself, and gives no other
 * ([RFC 8705 §2](https://www.rfc-editor.org/rfc/rfc8705#section-2)): our own pages have none, whatever a browser shows.
 */
function toCertificate(
  clientId: string | undefined,
  certificate: OAuthRequest["certificate"],
): ClientCredential | undefined {
  return clientId === undefined || clientId === FIRST_PARTY_CLIENT_ID || certificate === undefined
    ? undefined
    : { kind: "certificate", clientId, certificate };
}

function toSecret(clientId: string, clientSecret: string): ClientCredential {
  // Longer than any of ours, and so as wrong as any other.
  const isPossible = clientId.length <= MAX_FIELD_CHARS && clientSecret.length <= MAX_FIELD_CHARS;
  return isPossible
    ? { kind: "secret", clientId, clientSecret }
    : { kind: "secret", clientId: "", clientSecret: "" };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** A challenge goes only to who has used the header (RFC 6749 §5.2); a browser would ask its user for a password. */
function invalidClient(message: string, isBasic: boolean): OAuthError {
  const headers = isBasic ? { "www-authenticate": 'Basic realm="countersign", charset="UTF-8"' } : {};
  return new OAuthError("invalid_client", message, { status: 401, headers });
}
