import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createLogoutReceiver } from "../../../server/gate/src/connect/create-logout-receiver.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import type { LogoutReceiverOptions } from "../../../server/gate/src/connect/logout-receiver-options.ts";
import type { AuditEvent } from "../../../server/gate/src/kernel/audit.ts";
import type { LogoutReceived } from "../../../server/gate/src/kernel/observe.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { methodOf } from "../../support/echo-service.ts";
import { createTestClock } from "../../support/test-clock.ts";
import {
  createSigningKey,
  goodClaims,
  ISSUED_AT_SECONDS,
  type SigningKey,
  signToken,
} from "../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey, service } from "../connect/fixtures.ts";

/** The event of logout tokens. */
export const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** The client that the providers of these tests send logouts for. */
const CLIENT = "web";

/** The issuer of these tests, which sends logouts, and another one. */
export const sender: IssuerOptions = { ...issuer, logout: { audiences: [CLIENT], match: "session" } };
export const otherKey = createSigningKey("ES256", "key-2");
const otherSender: IssuerOptions = {
  issuer: "https://other.example",
  keys: { jwks: { keys: [otherKey.jwk] } },
  logout: { audiences: [CLIENT], match: "session" },
};

/** The claims of a good logout token: of the session that the good access token is of. */
export function logoutClaims(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: "https://issuer.example",
    aud: CLIENT,
    iat: ISSUED_AT_SECONDS,
    exp: ISSUED_AT_SECONDS + 120,
    jti: "logout-1",
    sub: "usr_ada",
    sid: "session-1",
    events: { [LOGOUT_EVENT]: {} },
    ...overrides,
  };
}

/** Sign a logout token: a good one, or another. */
export function signLogout(
  overrides: Readonly<Record<string, unknown>> = {},
  { key = issuerKey, ...header }: { readonly key?: SigningKey; readonly [name: string]: unknown } = {},
): string {
  return signToken(key, logoutClaims(overrides), { typ: "logout+jwt", ...header });
}

/** A request with a logout token, as providers send it. */
export function logoutRequest(token: string, init: RequestInit = {}): Request {
  return new Request("https://ledger.example/backchannel-logout", {
    method: "POST",
    body: new URLSearchParams({ logout_token: token }),
    ...init,
  });
}

/** A server of one's own that takes logouts, what it has observed and warned of, and the streams of its callers. */
export function setUpLogouts(
  issuers: readonly IssuerOptions[] = [sender, otherSender],
  options: Partial<LogoutReceiverOptions> = {},
) {
  const clock = createTestClock();
  const received: LogoutReceived[] = [];
  const events: AuditEvent[] = [];
  const warnings: string[] = [];
  const errors: unknown[] = [];
  const logouts = createLogoutReceiver({
    issuers,
    clock,
    observe: {
      logoutReceived: (logout) => void received.push(logout),
      audited: (event) => void events.push(event),
    },
    onWarning: (warning) => void warnings.push(warning),
    onError: (error) => void errors.push(error),
    ...options,
  });
  const auth = createAuth({
    routes: echoRoutes(service),
    audience: "ledger",
    issuers,
    logouts,
    clock,
    logRefusals: false,
    onWarning: () => undefined,
  });
  const send = async (token: string, peer = "") => {
    const response = await logouts.endpoints(logoutRequest(token), { peer });
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  const call = async (claims: Readonly<Record<string, unknown>> = {}, key = issuerKey) => {
    const authorization = `Bearer ${signToken(key, goodClaims(claims))}`;
    const refusal = await decisionOf(
      auth.requestGate,
      contextOf(methodOf(service, "Call"), { authorization }),
    );
    return refusal?.reason;
  };
  return { logouts, auth, clock, received, events, warnings, errors, send, call };
}
