import { AuthError, type IssuerOptions, systemClock } from "@countersign/server";
import {
  createAuthenticator,
  createTrustedIssuers,
  resolveIssuer,
  toFactText,
} from "@countersign/server/internal";

/** What the gate says to a token. */
export type TokenVerdict =
  | {
      readonly kind: "accepted";
      readonly subject: string;
      readonly scopes: readonly string[];
      readonly roles: readonly string[];
    }
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly message: string;
      readonly check: string | undefined;
      readonly expected: string | undefined;
      readonly got: string | undefined;
    };

/** How far clocks may lie apart, in seconds: the default of `createAuth`. */
const TOLERANCE_SECONDS = 5;

/** What the token is judged by. */
export interface JudgeOptions {
  readonly options: IssuerOptions;
  /** The audience of the server, where the options name none. */
  readonly audience: string;
}

/**
 * Have the gate verify a token with the options of one issuer, without anything that was revoked.
 *
 * @throws TypeError when the options make no sense
 */
export async function judgeToken(token: string, { options, audience }: JudgeOptions): Promise<TokenVerdict> {
  const trusted = resolveIssuer(options, { audience, clock: systemClock });
  const authenticator = createAuthenticator({
    issuers: createTrustedIssuers([trusted]),
    revocations: { isRevoked: () => false },
    clock: systemClock,
    toleranceSeconds: TOLERANCE_SECONDS,
    cacheEntries: 1,
  });
  try {
    const { subject, scopes, roles } = await authenticator.authenticate(token);
    return {
      kind: "accepted",
      subject: toFactText(subject),
      scopes: [...scopes].map(toFactText),
      roles: [...roles].map(toFactText),
    };
  } catch (error) {
    if (!(error instanceof AuthError)) {
      throw error;
    }
    const { reason, message, facts } = error;
    return {
      kind: "refused",
      reason,
      message,
      check: facts?.check,
      expected: facts?.expected,
      got: facts?.got,
    };
  }
}
