import * as oauth from "oauth4webapi";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import { TokenSourceError } from "../core/source-error.ts";

/** How a secret is sent (OpenID Connect Core §9). */
export type SecretMethod = "client_secret_basic" | "client_secret_post" | "client_secret_jwt";

/** How this program proves to the provider which client it is. */
export type ClientProof =
  /** A browser or a command-line program: it has no secret. */
  | { readonly kind: "none" }
  /** A shared secret (RFC 6749 §2.3.1). */
  | {
      readonly kind: "secret";
      readonly secret: string;
      /** Default: the first of these that the provider's metadata list; `client_secret_basic` when they list nothing. */
      readonly method?: SecretMethod | undefined;
    }
  /** A signed assertion (`private_key_jwt`, RFC 7523 §2.2). The key need not be extractable. */
  | {
      readonly kind: "private_key";
      readonly key: CryptoKey;
      readonly keyId?: string | undefined;
      /** Claim `aud` of the assertion, for a provider that wants its token endpoint there. Default: the issuer. */
      readonly audience?: string | undefined;
      /** Header `x5t#S256` (RFC 7515 §4.1.8), for a provider that knows the key by its certificate. Default: none. */
      readonly certificateThumbprint?: string | undefined;
    }
  /**
   * An assertion that something else signs, such as a Kubernetes service account token or a SPIFFE JWT-SVID
   * (RFC 7523 §2.2). It is asked for anew with every request: `fromFile` of `@countersign/sdk/node` makes one.
   */
  | { readonly kind: "assertion"; readonly assertion: () => Promise<string> };

const SECRET_METHODS = {
  client_secret_basic: toBasic,
  client_secret_post: oauth.ClientSecretPost,
  client_secret_jwt: oauth.ClientSecretJwt,
} as const satisfies Record<SecretMethod, (secret: string) => oauth.ClientAuth>;

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const AUTHENTICATIONS = {
  none: () => oauth.None(),
  secret({ secret, method }) {
    return (as, ...request) => SECRET_METHODS[method ?? chooseSecretMethod(as)](secret)(as, ...request);
  },
  private_key({ key, keyId, audience, certificateThumbprint }) {
    return oauth.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId }, {
      [oauth.modifyAssertion](header, payload) {
        if (audience !== undefined) {
          payload.aud = audience;
        }
        if (certificateThumbprint !== undefined) {
          header["x5t#S256"] = certificateThumbprint;
        }
      },
    });
  },
  assertion({ assertion }) {
    return async (_as, client, body) => {
      body.set("client_id", client.client_id);
      body.set("client_assertion_type", ASSERTION_TYPE);
      body.set("client_assertion", (await assertion()).trim());
    };
  },
} as const satisfies { [K in ClientProof["kind"]]: (proof: ProofOf<K>) => oauth.ClientAuth };

/** What each kind has. What must be given is looked at apart. */
const FORMS = {
  none: { kind: "string" },
  secret: { kind: "string", secret: "any", method: "any" },
  private_key: {
    kind: "string",
    key: "object",
    keyId: "string",
    audience: "string",
    certificateThumbprint: "string",
  },
  assertion: { kind: "string", assertion: "any" },
} as const satisfies { [K in ClientProof["kind"]]: Record<keyof ProofOf<K>, OptionForm> };

type ProofOf<K extends ClientProof["kind"]> = Extract<ClientProof, { kind: K }>;

/**
 * Convert a proof to what authenticates requests.
 *
 * @throws TypeError when the kind, the method or a member is unknown, or what the kind needs is missing
 */
export function toClientAuth(proof: ClientProof): oauth.ClientAuth {
  assertProof(proof);
  // Each takes the proof of its own kind, which the compiler does not follow through a table.
  return (AUTHENTICATIONS[proof.kind] as (proof: ClientProof) => oauth.ClientAuth)(proof);
}

/** Describe how the client proved itself, for the message of a refusal. */
export function describeProof(proof: ClientProof, as: oauth.AuthorizationServer | undefined): string {
  if (proof.kind !== "secret" || as === undefined) {
    return `proof.kind ${proof.kind}`;
  }
  return `${proof.method ?? chooseSecretMethod(as)}; proof.method sets another`;
}

function chooseSecretMethod({
  token_endpoint_auth_methods_supported: listed,
}: oauth.AuthorizationServer): SecretMethod {
  // Providers that list nothing take this one (RFC 8414 §2).
  if (!Array.isArray(listed)) {
    return "client_secret_basic";
  }
  const method = METHODS_IN_ORDER.find((name) => listed.includes(name));
  if (method === undefined) {
    throw new TokenSourceError(
      "config",
      "the provider's metadata list no way to send a secret: proof.method sets one",
    );
  }
  return method;
}

// The order of the table is the order of choice. Own names of an object of ours: hence the cast.
const METHODS_IN_ORDER = Object.keys(SECRET_METHODS) as readonly SecretMethod[];

/**
 * Send a secret with HTTP Basic. It encodes what a form decoder would change, and nothing else: many providers decode
 * nothing, although they should (RFC 6749 §2.3.1), and take a secret of letters, digits and most signs all the same.
 */
function toBasic(secret: string): oauth.ClientAuth {
  return (...request) => {
    const [, client, , headers] = request;
    const id = encodeForForm(client.client_id).replaceAll(":", "%3A");
    headers.set("authorization", `Basic ${btoa(`${id}:${encodeForForm(secret)}`)}`);
  };
}

function encodeForForm(text: string): string {
  return text.replace(/[^!-~]+|[%+]/gu, (part) => encodeURIComponent(part));
}

function assertProof(proof: ClientProof): void {
  // Programs without types may hand over anything.
  if (!Object.hasOwn(AUTHENTICATIONS, proof.kind)) {
    throw new TypeError(`proof.kind must be one of ${Object.keys(AUTHENTICATIONS).join(", ")}`);
  }
  assertOptions("proof", proof, FORMS[proof.kind]);
  if (proof.kind === "secret") {
    const { secret, method } = proof;
    if (typeof secret !== "string" || secret === "") {
      throw new TypeError("proof.secret must be a text that is not empty");
    }
    if (method !== undefined && !Object.hasOwn(SECRET_METHODS, method)) {
      throw new TypeError(`proof.method must be one of ${METHODS_IN_ORDER.join(", ")}`);
    }
  }
  if (proof.kind === "assertion" && typeof proof.assertion !== "function") {
    throw new TypeError("proof.assertion must be a function that answers with an assertion");
  }
}
