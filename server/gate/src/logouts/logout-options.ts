import type { TrustedIssuer } from "../authenticate/issuers.ts";
import { toShortType } from "../authenticate/issuers.ts";
import { assertOptions, type OptionForm, required, SECONDS, SWITCH, TEXTS } from "../kernel/option-forms.ts";
import type { LogoutMatch, LogoutRule } from "./logout.ts";

/**
 * How an issuer says that a session or a subject has ended: by logout tokens ([OpenID Connect Back-Channel Logout
 * 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)). Option `logout` of an issuer.
 */
export interface LogoutOptions {
  /** The clients that it sends logouts for, by their `client_id`: claim `aud` of a logout token names one of them. */
  readonly audiences: readonly string[];
  /**
   * Which access tokens a logout ends that names a session and a subject. `session`: those with its `sid`, and those of the
   * subject up to then that have no `sid`. `subject`: all of the subject up to then. Default: `session`, with a warning at start:
   * a logout that names a session alone ends no access token without `sid`.
   */
  readonly match?: LogoutMatch | undefined;
  /** The accepted values of header `typ` of its logout tokens. Default: `logout+jwt`. */
  readonly types?: readonly string[] | undefined;
  /** Take logout tokens without header `typ`: their claim `events` tells what they are. Default: false. */
  readonly allowMissingType?: boolean | undefined;
  /** Take logout tokens without claim `exp`, as drafts of the standard had them: `maxAgeSeconds` bounds them. Default: false. */
  readonly allowMissingExpiry?: boolean | undefined;
  /** How long after it was issued a logout token is taken, in seconds. Default: 600. */
  readonly maxAgeSeconds?: number | undefined;
}

const MATCHES: Readonly<Record<LogoutMatch, true>> = { session: true, subject: true };

/** The form of what says which tokens are ended. */
export const MATCH_FORM: OptionForm = {
  says: 'must be "session" or "subject"',
  accepts: (value) => typeof value === "string" && Object.hasOwn(MATCHES, value),
};

const FORMS: Readonly<Record<keyof LogoutOptions, OptionForm>> = {
  audiences: required(TEXTS),
  match: MATCH_FORM,
  types: TEXTS,
  allowMissingType: SWITCH,
  allowMissingExpiry: SWITCH,
  maxAgeSeconds: SECONDS,
};

/** The type of logout tokens (Back-Channel Logout 1.0 §2.4). */
const DEFAULT_TYPES: readonly string[] = ["logout+jwt"];

/** Longer than providers try again, and than their tokens last: the standard advises two minutes. */
const DEFAULT_MAX_AGE_SECONDS = 600;

/** An issuer whose logouts are taken, with every default filled in. */
export interface LogoutIssuer extends LogoutRule {
  /** How its logout tokens are verified: as its access tokens are, but for their type and their audience. */
  readonly trusted: TrustedIssuer;
  /** Whether its access tokens are known to have a `sid`. */
  readonly hasSessions: boolean;
  readonly allowMissingExpiry: boolean;
  readonly maxAgeSeconds: number;
}

/**
 * Assert that the options of logouts are of the form that their types say.
 *
 * @param issuer the name of the issuer that they are of
 * @throws TypeError that names the option
 */
export function assertLogoutOptions(issuer: string, options: LogoutOptions): void {
  assertOptions(`option logout of issuer ${issuer}`, options, FORMS);
}

/**
 * Fill in the defaults of an issuer's logouts.
 *
 * @param options those that {@link assertLogoutOptions} has let pass
 * @param trusted the issuer, as it is trusted for access tokens
 * @throws TypeError when the issuer is one of tenants or a trust domain, which send no logouts
 */
export function resolveLogoutOptions(options: LogoutOptions, trusted: TrustedIssuer): LogoutIssuer {
  const { issuer, tenants, identifiedBy } = trusted;
  if (tenants !== undefined || identifiedBy !== "iss") {
    throw new TypeError(
      `issuer ${issuer} has option logout: only an issuer with one value of claim iss sends logouts`,
    );
  }
  const {
    audiences,
    match = "session",
    types = DEFAULT_TYPES,
    maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS,
  } = options;
  return {
    trusted: {
      ...trusted,
      audiences,
      types: types.map(toShortType),
      allowMissingType: options.allowMissingType ?? false,
    },
    match,
    hasSessions: options.match === "session",
    maxTokenLifeSeconds: trusted.maxLifeSeconds,
    allowMissingExpiry: options.allowMissingExpiry ?? false,
    maxAgeSeconds,
  };
}

/** Say of each issuer what a logout may miss, as a sentence for the log. */
export function describeLogoutGaps(
  options: LogoutOptions,
  { issuer, claims }: TrustedIssuer,
): readonly string[] {
  const subjects = claims.subject.map(({ name }) => name);
  return [
    ...(options.match === undefined
      ? [
          `issuer ${issuer}: a logout that names a session and no subject ends the access tokens with its sid, and nothing ` +
            'if they have none: set logout.match to "session" if they have it, else to "subject"',
        ]
      : []),
    ...(subjects.includes("sub")
      ? []
      : [
          `issuer ${issuer}: a logout that names its subject in sub ends nothing, since access tokens name it in ` +
            `${subjects.join(" or ")}`,
        ]),
  ];
}
