import { assertOptions, NUMBER, OBJECT, SECONDS, TEXT, TEXTS } from "../internal.ts";
import type { OptionForm } from "../kernel/option-forms.ts";

/** What a token of a test says. The members have the names that a principal has them by. */
export interface TestTokenOptions {
  /** Claim `sub`. Default: `ada`. */
  readonly subject?: string | undefined;
  /** Claim `client_id`. Default: `test-client`. */
  readonly clientId?: string | undefined;
  /** Claim `sid`. Default: the token belongs to no session. */
  readonly sessionId?: string | undefined;
  /** Claim `scope`. Default: none. */
  readonly scopes?: readonly string[] | undefined;
  /** Claim `roles`. Default: none. */
  readonly roles?: readonly string[] | undefined;
  /** Claim `auth_time`, in seconds since 1970. Default: the token does not say. */
  readonly authTimeSeconds?: number | undefined;
  /** Claim `acr`. Default: the token does not say. */
  readonly acr?: string | undefined;
  /** Claim `amr`. Default: the token does not say. */
  readonly amr?: readonly string[] | undefined;
  /** How long the token is good, in seconds. Default: 300. */
  readonly lifeSeconds?: number | undefined;
  /**
   * Further claims by their own names, such as `{ tenant: "acme" }`. They come before all others: `{ aud: "ledger" }`
   * replaces the audience, and `{ jti: undefined }` leaves a claim out. Default: none.
   */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** The claims of a token, by their names. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** What the tokens of one issuer have in common. */
export interface TokenFrame {
  readonly issuer: string;
  readonly audience: string;
  /** When the token is issued, in seconds since 1970. */
  readonly nowSeconds: number;
}

/** Long enough for any test, and short as access tokens are. */
const DEFAULT_LIFE_SECONDS = 300;

const WORDS: OptionForm = {
  says: "must be a list of non-empty texts",
  accepts: (value) => Array.isArray(value) && (value.length === 0 || TEXTS.accepts(value)),
};

const FORMS: Readonly<Record<keyof TestTokenOptions, OptionForm>> = {
  subject: TEXT,
  clientId: TEXT,
  sessionId: TEXT,
  scopes: WORDS,
  roles: WORDS,
  authTimeSeconds: NUMBER,
  acr: TEXT,
  amr: WORDS,
  lifeSeconds: SECONDS,
  claims: OBJECT,
};

/**
 * Write the claims of an access token ([RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
 *
 * @throws TypeError when an option is wrong
 */
export function toTokenClaims(
  options: TestTokenOptions,
  { issuer, audience, nowSeconds }: TokenFrame,
): TokenClaims {
  assertOptions("a token", options, FORMS);
  const { subject = "ada", clientId = "test-client", lifeSeconds = DEFAULT_LIFE_SECONDS } = options;
  return {
    iss: issuer,
    aud: audience,
    sub: subject,
    client_id: clientId,
    sid: options.sessionId,
    scope: options.scopes?.join(" "),
    roles: options.roles,
    auth_time: options.authTimeSeconds,
    acr: options.acr,
    amr: options.amr,
    iat: nowSeconds,
    exp: nowSeconds + lifeSeconds,
    jti: crypto.randomUUID(),
    ...options.claims,
  };
}
