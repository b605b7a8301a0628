import type { IssuerOptions } from "../connect/issuer-options.ts";
import { assertOptions, isProduction, required, systemClock, TEXT, withMethods } from "../internal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { OptionForm } from "../kernel/option-forms.ts";
import { forgeToken, type HostileToken } from "./hostile-tokens.ts";
import { createTestKey, TEST_ALGORITHM } from "./test-key.ts";
import { type TestTokenOptions, toTokenClaims } from "./token-claims.ts";
import { type AnyClient, withToken } from "./with-token.ts";

/** What {@link createTestIssuer} takes. */
export interface TestIssuerOptions {
  /** The `audience` of the server under test. */
  readonly audience: string;
  /** Claim `iss` of its tokens. Default: `https://issuer.test`. */
  readonly issuer?: string | undefined;
  /** What tells when tokens are issued: that of the server, where the test gives it one. Default: the machine's clock. */
  readonly clock?: Pick<Clock, "nowMs"> | undefined;
}

/** An issuer whose keys are in memory, and that no network leads to. */
export interface TestIssuer {
  /** For option `issuers` of `createAuth`: `issuers: [issuer.trust]`. */
  readonly trust: IssuerOptions;
  /** Sign an access token. @throws TypeError when an option is wrong */
  token(options?: TestTokenOptions): Promise<string>;
  /** Make a token that must not pass, such as one that has expired. @param options what the token says besides */
  hostileToken(kind: HostileToken, options?: TestTokenOptions): Promise<string>;
  /**
   * Make a client whose calls carry a token of a principal, over the transport of the client that is given. All of them
   * carry the same token.
   */
  asPrincipal<C extends AnyClient>(client: C, options?: TestTokenOptions): Promise<C>;
}

const FORMS: Readonly<Record<keyof TestIssuerOptions, OptionForm>> = {
  audience: required(TEXT),
  issuer: TEXT,
  clock: withMethods("nowMs"),
};

/**
 * Create an issuer for the tests of a server. The server trusts it as it does every other: the gate, its rules and its
 * checks are those of production.
 *
 * @throws TypeError when an option is wrong
 * @throws Error in production, where a server would trust tokens that its own process can sign
 */
export async function createTestIssuer(options: TestIssuerOptions): Promise<TestIssuer> {
  assertOptions("createTestIssuer", options, FORMS);
  if (isProduction()) {
    throw new Error("createTestIssuer is for tests: NODE_ENV is production");
  }
  const { audience, issuer = "https://issuer.test", clock = systemClock } = options;
  const [key, strangerKey] = await Promise.all([createTestKey(), createTestKey()]);
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);
  const claimsOf = (token: TestTokenOptions) =>
    toTokenClaims(token, { issuer, audience, nowSeconds: nowSeconds() });
  const sign = async (token: TestTokenOptions = {}): Promise<string> => key.sign(claimsOf(token));
  return {
    trust: {
      issuer,
      tokenAudience: audience,
      algorithms: [TEST_ALGORITHM],
      keys: { jwks: { keys: [key.jwk] } },
    },
    token: sign,
    hostileToken: async (kind, token = {}) =>
      forgeToken(kind, { claims: claimsOf(token), nowSeconds: nowSeconds(), key, strangerKey }),
    asPrincipal: async (client, token) => withToken(client, await sign(token)),
  };
}
