import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { OtherServers, RenewalResult } from "../streams/renewal.ts";

/** A server that goes by signals. `createAuth` makes one of itself. */
export interface SignalledServer {
  /** The audience of the tokens that it takes. */
  readonly audience: string;
  /**
   * Renew those of the streams that are open here, for another server that was asked to.
   *
   * @param accessToken the token to renew them with, which this server verifies itself
   * @throws AuthError when it is not good, or a stream is another principal's
   */
  renew(streamIds: readonly string[], accessToken: string): Promise<RenewalResult>;
}

/**
 * What an issuer says of its tokens after it has granted them, for servers without its database: what is revoked, and who
 * renews which stream. Option `signals` of `createAuth`.
 */
export interface Signals extends RevocationCheck, OtherServers, AsyncDisposable {
  /** Resolves when what has been revoked is known. Until then, `isRevoked` throws, and the process does not end by itself. */
  readonly ready: Promise<void>;
  /** What makes it less safe, each as a sentence for the log. */
  readonly relaxations: readonly string[];
  /** Have a server renew its streams for others, until the signals are closed. */
  addServer(server: SignalledServer): void;
  /**
   * Stop. Nothing more becomes known, so that from then on calls are refused with `AUTH_UNAVAILABLE` and streams end, unless
   * they were made with `insecure.failOpen`: close the server first.
   */
  close(): Promise<void>;
}
