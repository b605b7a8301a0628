import * as oauth from "oauth4webapi";
import type { OptionForm } from "../core/option-forms.ts";
import type { Prover } from "../core/token-binding.ts";
import { type ClientProof, describeProof, toClientAuth } from "./client-proof.ts";
import { discover, type ProviderEndpoints, toMetadata } from "./metadata.ts";
import { assertParameters, type Parameters } from "./parameters.ts";
import { createProofHandles, withNonce } from "./proof-handles.ts";
import { createProviderClock } from "./provider-clock.ts";
import type { RequestOptions } from "./request-options.ts";
import { assertSecureUrl } from "./secure-url.ts";
import { explained } from "./source-failure.ts";

/** Which provider, and which client of it. */
export interface ProviderOptions {
  /**
   * The issuer's URL, as its metadata and its ID tokens name it. Its metadata are discovered from there (OpenID Connect
   * Discovery, else RFC 8414).
   */
  readonly issuer: string;
  /** Where the metadata are, when they are not in the well-known places of the issuer. */
  readonly metadataUri?: string | undefined;
  /**
   * Endpoints by hand. They take the place of those in the metadata; with `token` among them, no metadata are fetched.
   */
  readonly endpoints?: ProviderEndpoints | undefined;
  readonly clientId: string;
  /** Default: `{ kind: "none" }`. */
  readonly proof?: ClientProof | undefined;
  /** What the tokens are for. Default: what the provider decides. */
  readonly scopes?: readonly string[] | undefined;
  /** Which API the tokens are for (RFC 8707). Default: what the provider decides. */
  readonly resource?: string | undefined;
  /**
   * More parameters of the request that begins a session: to the authorization endpoint or, for device codes and client
   * credentials, the endpoint that takes them. Such as `audience`, `organization`, `access_type`, `login_hint`.
   */
  readonly parameters?: Parameters | undefined;
  /** More parameters of the requests that go to the token endpoint for a code or a refresh. Default: none. */
  readonly tokenParameters?: Parameters | undefined;
}

/** What each of {@link ProviderOptions} is. */
export const PROVIDER_FORMS = {
  issuer: "string",
  metadataUri: "string",
  endpoints: "object",
  clientId: "string",
  proof: "object",
  scopes: "list",
  resource: "string",
  parameters: "object",
  tokenParameters: "object",
} as const satisfies Record<keyof ProviderOptions, OptionForm>;

/** What a request to the provider is made with. */
export interface RequestContext {
  /** The provider's metadata. */
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
  readonly options: RequestOptions;
}

/** A provider, discovered when it is first needed. */
export interface Provider {
  readonly clientId: string;
  /**
   * Make requests to the provider, whose metadata are fetched once, for all calls. When the call that began that is
   * aborted, the next one fetches them again.
   *
   * @param prover has the key that the tokens are to be bound to. Default: they are bound to none
   * @throws TokenSourceError when the provider refuses; the signal's reason; what the network fails with
   */
  readonly ask: <T>(
    signal: AbortSignal | undefined,
    run: (context: RequestContext) => Promise<T>,
    prover?: Pick<Prover, "keyPair">,
  ) => Promise<T>;
}

/**
 * Prepare a provider.
 *
 * @throws TypeError when an option is missing or not understood, or a URL is neither https nor on this machine
 */
export function createProvider(options: ProviderOptions): Provider {
  const { issuer, metadataUri, clientId, endpoints = {}, proof = { kind: "none" } } = options;
  assertProviderOptions(options);
  const known = toMetadata(endpoints);
  const auth = toClientAuth(proof);
  const clock = createProviderClock();
  const client: oauth.Client = {
    client_id: clientId,
    get [oauth.clockSkew]() {
      return clock.skewSeconds();
    },
  };
  const named = [issuer, metadataUri, ...Object.values(endpoints)];
  const common = {
    // To this machine only: every URL that is fetched is looked at.
    [oauth.allowInsecureRequests]: named.some((url) => url?.startsWith("http:")),
    [oauth.customFetch]: clock.fetch,
  };
  const proofs = createProofHandles(client);
  let discovery: Promise<oauth.AuthorizationServer> | undefined;

  const withSignal = (signal: AbortSignal | undefined): RequestOptions =>
    signal === undefined ? common : { ...common, signal };

  function server(signal: AbortSignal | undefined): Promise<oauth.AuthorizationServer> {
    if (known.token_endpoint !== undefined) {
      return Promise.resolve({ issuer, ...known });
    }
    const address = { issuer: new URL(issuer), metadataUri };
    discovery ??= discover(address, withSignal(signal)).then(
      (found) => ({ ...found, ...known }),
      (error: unknown) => {
        discovery = undefined;
        throw error;
      },
    );
    return discovery;
  }

  return {
    clientId,
    ask(signal, run, prover) {
      let as: oauth.AuthorizationServer | undefined;
      const request = async () => {
        as = await server(signal);
        const options = withSignal(signal);
        return run({
          as,
          client,
          auth,
          options: prover ? { ...options, DPoP: proofs(await prover.keyPair()) } : options,
        });
      };
      return explained(
        () => clock.dated(() => withNonce(request)),
        () => `${JSON.stringify(clientId)}, which came with ${describeProof(proof, as)}`,
      );
    },
  };
}

function assertProviderOptions(options: ProviderOptions): void {
  // A host may lack it, whatever its types say: hence the cast.
  const { crypto } = globalThis as Partial<typeof globalThis>;
  if (crypto?.subtle === undefined) {
    throw new TypeError(
      "this host lacks crypto.subtle: browsers have it over https and on this machine, other hosts with a polyfill",
    );
  }
  const { issuer, metadataUri, clientId, parameters, tokenParameters } = options;
  assertSecureUrl(issuer, "issuer");
  if (metadataUri !== undefined) {
    assertSecureUrl(metadataUri, "metadataUri");
  }
  if (typeof clientId !== "string" || clientId === "") {
    throw new TypeError("clientId must be a text that is not empty");
  }
  assertParameters(parameters, "parameters");
  assertParameters(tokenParameters, "tokenParameters");
}
