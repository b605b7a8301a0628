import * as oauth from "oauth4webapi";
import { TokenSourceError } from "../core/source-error.ts";
import type { RequestOptions } from "./request-options.ts";
import { assertSecureUrl } from "./secure-url.ts";

/** Endpoints of a provider that are given by hand. */
export interface ProviderEndpoints {
  /** Where users sign in. */
  readonly authorization?: string | undefined;
  /** When it is given, no metadata are fetched: all that is needed must be given. */
  readonly token?: string | undefined;
  /** For device codes (RFC 8628). */
  readonly deviceAuthorization?: string | undefined;
  /** For authorization requests that are pushed (RFC 9126). */
  readonly pushedAuthorization?: string | undefined;
  /** For ending tokens (RFC 7009). */
  readonly revocation?: string | undefined;
  /** For ending the provider's own session (OpenID Connect RP-Initiated Logout). */
  readonly endSession?: string | undefined;
}

const NAMES = {
  authorization: "authorization_endpoint",
  token: "token_endpoint",
  deviceAuthorization: "device_authorization_endpoint",
  pushedAuthorization: "pushed_authorization_request_endpoint",
  revocation: "revocation_endpoint",
  endSession: "end_session_endpoint",
} as const satisfies Record<keyof ProviderEndpoints, keyof oauth.AuthorizationServer>;

/** Convert endpoints to metadata. @throws TypeError for an unknown one, and one that is neither https nor on this machine */
export function toMetadata(endpoints: ProviderEndpoints): Partial<oauth.AuthorizationServer> {
  const metadata: Record<string, string> = {};
  for (const [name, url] of Object.entries(endpoints)) {
    if (!isEndpoint(name)) {
      throw new TypeError(`endpoints.${name} is unknown: it must be one of ${Object.keys(NAMES).join(", ")}`);
    }
    if (url !== undefined) {
      assertSecureUrl(url, `endpoints.${name}`);
      metadata[NAMES[name]] = url;
    }
  }
  return metadata;
}

function isEndpoint(name: string): name is keyof ProviderEndpoints {
  return Object.hasOwn(NAMES, name);
}

/** Where metadata lie. */
export interface MetadataAddress {
  readonly issuer: URL;
  /** Where they are fetched from. Default: the well-known places of the issuer. */
  readonly metadataUri: string | undefined;
}

/** Too early, too often, too late: these pass. The rest of 3xx and 4xx does not. */
const PASSING_STATUSES: readonly number[] = [408, 425, 429];

/**
 * Get the metadata of a provider: of OpenID Connect Discovery, or where there are none, of RFC 8414.
 *
 * @throws TokenSourceError `config` when the provider answers with none, or with those of another issuer
 */
export async function discover(
  { issuer, metadataUri }: MetadataAddress,
  options: RequestOptions,
): Promise<oauth.AuthorizationServer> {
  const place = metadataUri ?? issuer.href;
  let response = await (metadataUri === undefined
    ? oauth.discoveryRequest(issuer, options)
    : fetchMetadata(metadataUri, options));
  if (response.status === 404 && metadataUri === undefined) {
    response = await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" });
  }
  const { status } = response;
  if (status >= 300 && status < 500 && !PASSING_STATUSES.includes(status)) {
    throw new TokenSourceError(
      "config",
      `no metadata at ${place} (status ${status}): set issuer, metadataUri or endpoints`,
    );
  }
  try {
    return await oauth.processDiscoveryResponse(issuer, response);
  } catch (error) {
    if (
      !(error instanceof oauth.OperationProcessingError) ||
      error.code !== oauth.JSON_ATTRIBUTE_COMPARISON
    ) {
      throw error;
    }
    throw new TokenSourceError(
      "config",
      `the metadata at ${place} name another issuer than ${issuer.href}: set issuer to that, and metadataUri to their address`,
    );
  }
}

function fetchMetadata(url: string, options: RequestOptions): Promise<Response> {
  return options[oauth.customFetch](url, {
    method: "GET",
    headers: { accept: "application/json" },
    body: undefined,
    redirect: "manual",
    signal: options.signal ?? null,
  });
}
