import type { LogoutRevocation } from "./logout.ts";

/** What a provider has said in one message, which was verified. */
export interface LogoutEvent {
  /** Names the message among those of all providers: a digest of its issuer and its `jti`. */
  readonly key: string;
  /** When it is refused for its age anyway, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly revocations: readonly LogoutRevocation[];
}

/** Takes what providers say has ended. `issuer.logouts` of `createIssuer` writes it into the store of all its servers. */
export interface LogoutSink {
  /**
   * Refuse the tokens from now on, everywhere. When this resolves, that holds whatever happens to the process, as far as the
   * sink can last.
   *
   * @returns `repeated`: the message was taken before, here or at another server, and has no second effect
   * @throws AuthError `AUTH_UNAVAILABLE` when it could not be written: the provider must send it again
   */
  take(event: LogoutEvent): Promise<"taken" | "repeated">;
}
