import * as oauth from "oauth4webapi";
import type { TokenGrant } from "../core/source.ts";
import type { Provider } from "./provider.ts";
import { explained } from "./source-failure.ts";
import { toGrant } from "./to-grant.ts";

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
const SLOW_DOWN_SECONDS = 5;

/** Create the {@link DeviceFlow} of a provider. */
export function createDeviceFlow(provider: Provider, scopes: readonly string[] | undefined): DeviceFlow {
  const { client, proof, server, request, parameters } = provider;
  return {
    async signInOnDevice({ onCode, signal }) {
      const as = await server();
      const response = await oauth.deviceAuthorizationRequest(as, client, proof, parameters, request(signal));
      const device = await oauth.processDeviceAuthorizationResponse(as, client, response);
      onCode({
        userCode: device.user_code,
        verificationUrl: device.verification_uri,
        completeUrl: device.verification_uri_complete,
        lifetimeMs: device.expires_in * 1000,
      });
      const ask = async (): Promise<TokenGrant> => {
        const answer = await oauth.deviceCodeGrantRequest(
          as,
          client,
          proof,
          device.device_code,
          request(signal),
        );
        return toGrant(await oauth.processDeviceCodeResponse(as, client, answer), scopes);
      };
      return explained(() => poll(ask, device.interval ?? DEFAULT_INTERVAL_SECONDS, signal));
    },
  };
}

async function poll(
  ask: () => Promise<TokenGrant>,
  firstIntervalSeconds: number,
  signal: AbortSignal | undefined,
): Promise<TokenGrant> {
  for (let intervalSeconds = firstIntervalSeconds; ; ) {
    await delay(intervalSeconds * 1000, signal);
    try {
      return await ask();
    } catch (error) {
      const code = error instanceof oauth.ResponseBodyError ? error.error : undefined;
      if (code !== "authorization_pending" && code !== "slow_down") {
        throw error;
      }
      if (code === "slow_down") {
        intervalSeconds += SLOW_DOWN_SECONDS;
      }
    }
  }
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
