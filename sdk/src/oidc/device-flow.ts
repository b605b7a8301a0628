import * as oauth from "oauth4webapi";
import type { Proving, TokenGrant } from "../core/source.ts";
import { isTokenSourceError } from "../core/source-error.ts";
import type { TokenBinding } from "../core/token-binding.ts";
import { joinParameters, type Parameters } from "./parameters.ts";
import type { Provider, RequestContext } from "./provider.ts";
import { withTenant } from "./tenant.ts";
import { type GrantOptions, toGrant } from "./to-grant.ts";

/** What a user needs to know to let a device in. */
export interface DeviceCode {
  /** To be typed in at {@link DeviceCode.verificationUrl}. */
  readonly userCode: string;
  readonly verificationUrl: string;
  /** The same with the code in it, for a link or a QR code, if the provider has one. */
  readonly completeUrl: string | undefined;
  /** How long the code is good for, in milliseconds. */
  readonly lifetimeMs: number;
}

/** How to sign in on a device. */
export interface DeviceOptions {
  /** Show the code to the user. */
  readonly onCode: (code: DeviceCode) => void;
  /** Give up. */
  readonly signal?: AbortSignal | undefined;
}

/** Signing in on a device without a browser: device code (RFC 8628). */
export interface DeviceFlow {
  /**
   * Get tokens while the user lets the device in elsewhere: `session.begin(() => source.signInOnDevice({ onCode }))`.
   *
   * @throws when the user refuses, the code expires, or the signal aborts
   */
  readonly signInOnDevice: (options: DeviceOptions) => Promise<TokenGrant>;
}

const DEFAULT_INTERVAL_SECONDS = 5;

/** When to ask next, after an answer without tokens or none (RFC 8628 §3.5). */
const NEXT_INTERVAL = {
  authorization_pending: (seconds: number) => seconds,
  slow_down: (seconds: number) => seconds + 5,
  unavailable: (seconds: number) => seconds * 2,
} as const;

/** What {@link createDeviceFlow} needs. */
export interface DeviceFlowContext {
  readonly provider: Provider;
  readonly options: GrantOptions;
  /** Binds the tokens to a key. Absent: they are bound to none. */
  readonly dpop: TokenBinding | undefined;
  /** Parameters of the request that begins a sign-in. */
  readonly beginParameters: Parameters;
  /** Parameters of the request that gets its tokens. */
  readonly tokenParameters: Readonly<Record<string, string>>;
}

/** Create the {@link DeviceFlow} of a provider. */
export function createDeviceFlow(context: DeviceFlowContext): DeviceFlow {
  const { provider, beginParameters } = context;
  return {
    async signInOnDevice({ onCode, signal }) {
      const prover = context.dpop?.proverOf({});
      const device = await provider.ask(signal, async ({ as, client, auth, options }) => {
        const form = joinParameters(beginParameters);
        const response = await oauth.deviceAuthorizationRequest(as, client, auth, form, options);
        return oauth.processDeviceAuthorizationResponse(as, client, response);
      });
      onCode({
        userCode: device.user_code,
        verificationUrl: device.verification_uri,
        completeUrl: device.verification_uri_complete,
        lifetimeMs: device.expires_in * 1000,
      });
      let intervalSeconds = device.interval ?? DEFAULT_INTERVAL_SECONDS;
      for (let leftSeconds = device.expires_in; ; ) {
        await delay(intervalSeconds * 1000, signal);
        leftSeconds -= intervalSeconds;
        const isLast = leftSeconds <= 0;
        const answer = await askForTokens(context, device.device_code, { signal, prover }).catch(
          (error: unknown) => {
            if (isLast || signal?.aborted === true || !isPassing(error)) {
              throw error;
            }
            return { kind: "unavailable" } as const;
          },
        );
        if (answer.kind === "granted") {
          return { ...answer.grant, proofKey: await prover?.key() };
        }
        intervalSeconds = NEXT_INTERVAL[answer.kind](intervalSeconds);
      }
    },
  };
}

/** What a token endpoint answers while the user has not let the device in yet (RFC 8628 §3.5), and then. */
type DeviceAnswer =
  | { readonly kind: "granted"; readonly grant: TokenGrant }
  | { readonly kind: "authorization_pending" | "slow_down" };

function askForTokens(
  { provider, options, tokenParameters }: DeviceFlowContext,
  deviceCode: string,
  { signal, prover }: Proving & Pick<DeviceOptions, "signal">,
): Promise<DeviceAnswer> {
  const ask = async ({ as, client, auth, options: request }: RequestContext): Promise<DeviceAnswer> => {
    const parameters = { ...request, additionalParameters: tokenParameters };
    const response = await oauth.deviceCodeGrantRequest(as, client, auth, deviceCode, parameters);
    try {
      const issuer = await withTenant(as, response);
      const tokens = await oauth.processDeviceCodeResponse(issuer, client, response);
      return { kind: "granted", grant: toGrant(tokens, options) };
    } catch (error) {
      const kind = error instanceof oauth.ResponseBodyError ? error.error : undefined;
      if (kind === "authorization_pending" || kind === "slow_down") {
        return { kind };
      }
      throw error;
    }
  };
  return provider.ask(signal, ask, prover);
}

/** A lost network, and a provider that cannot answer now, pass: the user may be signing in all the while. */
function isPassing(error: unknown): boolean {
  return !isTokenSourceError(error) || error.kind === "transient";
}

function delay(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
