import * as oauth from "oauth4webapi";
import { isSecureOrigin } from "../core/origin.ts";
import { createProviderClock, type ProviderClock } from "./provider-clock.ts";

/** How this program proves to the provider which client it is. */
export type ClientProof =
  /** A browser or a command-line program: it has no secret. */
  | { readonly kind: "none" }
  /** A shared secret (RFC 6749 §2.3.1). */
  | { readonly kind: "secret"; readonly secret: string }
  /** A signed assertion (`private_key_jwt`, RFC 7523). The key need not be extractable. */
  | { readonly kind: "private_key"; readonly key: CryptoKey; readonly keyId?: string };

/** Which provider, and which client of it. */
export interface ProviderOptions {
  /** The issuer's URL. Its metadata are discovered from there (RFC 8414, OpenID Connect Discovery). */
  readonly issuer: string;
  readonly clientId: string;
  /** Default: `{ kind: "none" }`. */
  readonly proof?: ClientProof | undefined;
  /** What the tokens are for. Default: what the provider decides. */
  readonly scopes?: readonly string[] | undefined;
  /** Which API the tokens are for (RFC 8707). Default: what the provider decides. */
  readonly resource?: string | undefined;
}

/** A provider, discovered when it is first needed. */
export interface Provider {
  readonly client: oauth.Client;
  readonly proof: oauth.ClientAuth;
  /**
   * Its metadata, fetched once, for all calls. When the call that began it is aborted, the next one fetches it again.
   *
   * @throws when the provider cannot be reached, or the signal aborts
   */
  readonly server: (signal?: AbortSignal) => Promise<oauth.AuthorizationServer>;
  /** What every request gets. */
  readonly request: (signal?: AbortSignal) => RequestOptions;
  /** Runs requests that carry the time at which they were made. */
  readonly dated: ProviderClock["dated"];
  /** End a token where the provider has an endpoint for that (RFC 7009). */
  readonly revoke: (token: string, signal: AbortSignal) => Promise<void>;
  /** The parameters that every grant gets. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the requests of this folder pass on. */
export interface RequestOptions {
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly [oauth.customFetch]: ProviderClock["fetch"];
  readonly signal?: AbortSignal;
}

/**
 * Prepare a provider.
 *
 * @throws TypeError when the issuer is neither https nor on this machine
 */
export function createProvider(options: ProviderOptions): Provider {
  const issuer = new URL(options.issuer);
  if (!isSecureOrigin(issuer.origin)) {
    throw new TypeError("issuer must use https, or http on this machine");
  }
  const clock = createProviderClock();
  const proof = toClientAuth(options.proof ?? { kind: "none" });
  const client: oauth.Client = {
    client_id: options.clientId,
    get [oauth.clockSkew]() {
      return clock.skewSeconds();
    },
  };
  const common = {
    [oauth.allowInsecureRequests]: issuer.protocol === "http:",
    [oauth.customFetch]: clock.fetch,
  };
  let discovery: Promise<oauth.AuthorizationServer> | undefined;

  function request(signal?: AbortSignal): RequestOptions {
    return signal === undefined ? common : { ...common, signal };
  }

  async function discover(signal?: AbortSignal): Promise<oauth.AuthorizationServer> {
    const response = await oauth.discoveryRequest(issuer, request(signal));
    return oauth.processDiscoveryResponse(issuer, response);
  }

  function server(signal?: AbortSignal): Promise<oauth.AuthorizationServer> {
    discovery ??= discover(signal).catch((error: unknown) => {
      discovery = undefined;
      throw error;
    });
    return discovery;
  }

  return {
    client,
    proof,
    server,
    request,
    dated: clock.dated,
    parameters: toParameters(options),
    async revoke(token, signal) {
      const as = await server(signal);
      if (as.revocation_endpoint === undefined) {
        return;
      }
      const response = await oauth.revocationRequest(as, client, proof, token, request(signal));
      await oauth.processRevocationResponse(response);
    },
  };
}

function toClientAuth(proof: ClientProof): oauth.ClientAuth {
  if (proof.kind === "secret") {
    return oauth.ClientSecretBasic(proof.secret);
  }
  if (proof.kind === "none") {
    return oauth.None();
  }
  const { key, keyId } = proof;
  return oauth.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId });
}

function toParameters({ scopes, resource }: ProviderOptions): Readonly<Record<string, string>> {
  return {
    ...(scopes === undefined ? {} : { scope: scopes.join(" ") }),
    ...(resource === undefined ? {} : { resource }),
  };
}
