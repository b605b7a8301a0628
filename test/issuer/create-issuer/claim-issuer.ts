import { decodeJwt } from "jose";
import type { OpenIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { ClaimsGrant, ClaimsHook } from "../../../server/issuer/src/sessions/token-claims.ts";
import { postForm } from "../../support/endpoint-calls.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { createOtherIssuer } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";

const TYPE = "urn:ietf:params:oauth:token-type:";

/** The account of these tests. */
export const ADA = {
  ...{ username: "ada", password: "correct horse", scopes: ["notes:read"], roles: ["author"] },
  claims: { tenant: "acme", level: 3 },
};

/** An issuer with an account and a client that have claims. */
export interface ClaimIssuer extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  readonly clock: ReturnType<typeof createWallClock>;
  readonly errors: readonly unknown[];
  readonly secret: string;
  /** What the hook was asked, in this order. */
  readonly grants: readonly ClaimsGrant[];
  /** @param sessionId the session to sign in again within. Default: a new one */
  readonly signIn: (sessionId?: string) => ReturnType<OpenIssuer["sessions"]["begin"]>;
  readonly token: (form: Readonly<Record<string, string>>) => ReturnType<typeof postForm>;
  readonly other: ReturnType<typeof createOtherIssuer>;
}

/** Start the issuer. @param hook says what tokens carry beside. Default: there is none */
export async function startClaimIssuer(hook?: ClaimsHook): Promise<ClaimIssuer> {
  const clock = createWallClock();
  const grants: ClaimsGrant[] = [];
  const other = createOtherIssuer(clock, { refreshForMs: 3_600_000 });
  const claims: ClaimsHook = (grant) => {
    grants.push(grant);
    return hook?.(grant);
  };
  const own = await startOwnIssuer([other.federated], { clock, ...(hook && { claims }) });
  const account = await own.issuer.accounts.create(ADA);
  const { secret = "" } = await own.issuer.clients.create({
    clientId: "agent",
    scopes: ["notes:read"],
    roles: [],
    grants: ["client_credentials", "token-exchange", "refresh_token", "jwt-bearer"],
    mayIntrospect: true,
    claims: { team: "robots" },
  });
  return {
    ...{ issuer: own.issuer, clock, errors: own.errors, secret, grants, other },
    signIn: (sessionId) =>
      own.issuer.sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [], sessionId }),
    token: (form) =>
      postForm(own.issuer.endpoints["/oauth2/token"], { client_id: "agent", client_secret: secret, ...form }),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

/** Ask to exchange a token. */
export const exchange = (token: string) => ({
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  ...{ subject_token: token, subject_token_type: `${TYPE}access_token` },
});

/** Read the claims of a token. */
export const claimsIn = (token: unknown) => decodeJwt(String(token));
