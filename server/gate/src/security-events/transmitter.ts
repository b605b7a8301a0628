import type { TrustedIssuer } from "../authenticate/issuers.ts";
import type { LogoutRule } from "../logouts/logout.ts";

/** Who sends security events about the tokens of an issuer. */
export interface Transmitter extends LogoutRule {
  /** How its events are verified. */
  readonly trusted: TrustedIssuer;
  /** The issuer of the access tokens that its events are about. */
  readonly issuer: string;
  /** The names by which its events may call that issuer. */
  readonly subjectIssuers: ReadonlySet<string>;
  /** The SHA-256 of header `authorization` of what it pushes; undefined: it needs none. */
  readonly authorizationDigest: Promise<string> | undefined;
  /** The stream whose verification is asked for; undefined: none is, and whichever state comes is in order. */
  readonly streamId: string | undefined;
}
