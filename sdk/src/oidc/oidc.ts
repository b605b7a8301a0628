import * as oauth from "oauth4webapi";
import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import type { TokenSource } from "../core/source.ts";
import { TokenSourceError } from "../core/source-error.ts";
import type { TokenBinding } from "../core/token-binding.ts";
import { type CodeFlow, type CodeFlowOptions, createCodeFlow } from "./code-flow.ts";
import { createDeviceFlow, type DeviceFlow } from "./device-flow.ts";
import { createEndSession, type EndSession } from "./end-session.ts";
import { joinParameters } from "./parameters.ts";
import { createProvider, PROVIDER_FORMS, type ProviderOptions } from "./provider.ts";
import { createRevocation } from "./revocation.ts";
import { withTenant } from "./tenant.ts";
import { toGrant } from "./to-grant.ts";

/** What {@link oidc} needs. */
export interface OidcOptions extends ProviderOptions, CodeFlowOptions {
  /**
   * For how long the provider takes a refresh token again that it has replaced, in milliseconds, where it is set up
   * to do so. Within it, a refresh whose answer was lost is sent once more. Default 0: never.
   */
  readonly resendGraceMs?: number | undefined;
  /**
   * Which of the provider's tokens calls carry. `id_token` is for providers whose access tokens only they can read, such
   * as Google; it needs the scope `openid`. Default `access_token`.
   */
  readonly bearerToken?: "access_token" | "id_token" | undefined;
  /**
   * Binds the tokens to a key, at the provider and with every call (RFC 9449): `dpop()` of `@countersign/sdk/dpop`. The session
   * takes it from here. A provider that binds no tokens goes on as without. Default: they are bound to none.
   */
  readonly dpop?: TokenBinding | undefined;
}

/** A source for the users of an OpenID provider. Its sessions begin with `session.begin(() => …)`. */
export interface OidcSource extends TokenSource, CodeFlow, DeviceFlow, EndSession {}

const FORMS = {
  ...PROVIDER_FORMS,
  redirectUri: "string",
  storage: "object",
  pushedAuthorization: "boolean",
  resendGraceMs: "number",
  bearerToken: "string",
  dpop: "object",
} as const satisfies Record<keyof OidcOptions, OptionForm>;

/**
 * Make a source for the users of any OpenID provider: authorization code with PKCE in browsers (RFC 7636),
 * device code on the command line (RFC 8628), and refreshes (RFC 6749 §6).
 *
 * @throws TypeError when an option is missing or not understood, or a URL is neither https nor on this machine
 */
export function oidc(options: OidcOptions): OidcSource {
  assertOptions("oidc", options, FORMS);
  const { scopes, resource, bearerToken } = options;
  if (bearerToken !== undefined && bearerToken !== "access_token" && bearerToken !== "id_token") {
    throw new TypeError('bearerToken must be "access_token" or "id_token"');
  }
  const provider = createProvider(options);
  const revoke = createRevocation(provider);
  const tokenParameters = joinParameters({ resource }, options.tokenParameters);
  const beginParameters = { scope: scopes?.join(" "), resource, ...options.parameters };
  /** Of the session that ended last, also after another has begun: it tells the provider which of its own is to end. */
  let endedIdToken: string | undefined;

  return {
    // Providers replace refresh tokens without a name for the attempt: a lost answer cannot be asked for again.
    repeatable: false,
    resendGraceMs: options.resendGraceMs,
    dpop: options.dpop,
    refresh: ({ refreshToken, signal, prover }) =>
      provider.ask(
        signal,
        async ({ as, client, auth, options: request }) => {
          if (refreshToken === undefined) {
            throw new TokenSourceError("final", "the provider gave no refresh token", { reason: "expired" });
          }
          const parameters = { ...request, additionalParameters: tokenParameters };
          const response = await oauth.refreshTokenGrantRequest(as, client, auth, refreshToken, parameters);
          const issuer = await withTenant(as, response);
          const tokens = await oauth.processRefreshTokenResponse(issuer, client, response);
          return toGrant(tokens, { scopes, bearerToken });
        },
        prover,
      ),
    revoke(accessToken, signal, others) {
      endedIdToken = others?.idToken;
      return revoke(accessToken, signal, others);
    },
    ...createCodeFlow({ provider, options, dpop: options.dpop, beginParameters, tokenParameters }),
    ...createDeviceFlow({ provider, options, dpop: options.dpop, beginParameters, tokenParameters }),
    ...createEndSession(provider, () => endedIdToken),
  };
}
