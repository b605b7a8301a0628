import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { Documents } from "../kernel/documents.ts";

/** The path that transmitters push security events to. */
export const EVENTS_PATH = "/security-events";

/** The path that providers send logout tokens to. */
export const BACK_CHANNEL_PATH = "/backchannel-logout";

/** Receives what other identity providers say has ended. Option `logouts` of `createAuth`. */
export interface LogoutReceiver extends AsyncDisposable {
  /**
   * The endpoints that providers send to, by their path: `/backchannel-logout` for logout tokens ([OpenID Connect Back-Channel
   * Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)), and `/security-events` for what transmitters push
   * ([RFC 8935](https://www.rfc-editor.org/rfc/rfc8935)). Add them to the routes of your host: as a table,
   * or as one endpoint, `logouts.endpoints(request)`, which answers 404 to any other path.
   */
  readonly endpoints: Documents;
  /** What has ended; undefined: the gate learns of it from the issuer whose `logouts` are the sink. */
  readonly revocations: RevocationCheck | undefined;
  /** Ask transmitters no more. What has ended stays so. */
  close(): Promise<void>;
}
