import { describe, expect, it } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createLogoutReceiver } from "../../../server/gate/src/connect/create-logout-receiver.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import type { LogoutOptions } from "../../../server/gate/src/logouts/logout-options.ts";
import { echoRoutes } from "../../support/echo-server.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { issuer, service } from "../connect/fixtures.ts";
import { LOGOUT_EVENT, sender, setUpLogouts, signLogout } from "./logout-kit.ts";

/** How the logout tokens of a provider differ from those of the standard's example, and what its issuer needs for them. */
interface ProviderShape {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly options?: Partial<LogoutOptions>;
}

const SHAPES: Readonly<Record<string, ProviderShape>> = {
  "Keycloak 26": { claims: { typ: "Logout", events: { [LOGOUT_EVENT]: {}, revoke_offline_access: true } } },
  "Keycloak 22": {
    header: { typ: "JWT" },
    claims: { typ: "Logout", exp: undefined },
    options: { types: ["JWT"], allowMissingExpiry: true },
  },
  Auth0: {
    claims: { sid: "TVN9fXSUvlVfAvpVq2BIMyIpXTgt9ZM7", trace_id: "76774321" },
    options: { match: "subject" },
  },
  ZITADEL: { claims: { aud: ["web", "project"] } },
  Logto: { claims: { sid: undefined } },
  authentik: { claims: { sid: "session-1", sub: undefined } },
  "better-auth": { claims: { exp: undefined }, options: { allowMissingExpiry: true } },
  "Ory Hydra": {
    header: { typ: undefined },
    claims: { exp: undefined, aud: ["web"], sub: undefined },
    options: { allowMissingType: true, allowMissingExpiry: true },
  },
};

const withLogout = (logout: Partial<LogoutOptions>): IssuerOptions => ({
  ...issuer,
  logout: { audiences: ["web"], match: "session", ...logout },
});

describe("the logout tokens of", () => {
  it.each(notEmpty(Object.entries(SHAPES)))(
    "%s are taken",
    async (_, { header = {}, claims, options = {} }) => {
      const { send, call } = setUpLogouts([withLogout(options)]);
      expect(await send(signLogout(claims, header))).toMatchObject({ status: 200, body: "" });
      expect(await call()).toBe("SESSION_REVOKED");
    },
  );
});

describe("the options of logouts", () => {
  const receive =
    (...issuers: readonly object[]) =>
    () =>
      createLogoutReceiver({ issuers: issuers as [] });
  const wrong = notEmpty([
    [
      { audiences: [] },
      "option logout of issuer https://issuer.example: audiences must be a list of non-empty texts",
    ],
    [
      { match: "user" },
      'option logout of issuer https://issuer.example: match must be "session" or "subject"',
    ],
    [
      { maxAgeSeconds: 0 },
      "option logout of issuer https://issuer.example: maxAgeSeconds must be a positive number",
    ],
    [
      { audience: "web" },
      "option logout of issuer https://issuer.example has no option audience: did you mean audiences?",
    ],
  ] as const);

  it.each(wrong)("%j stop the start", (logout, message) => {
    expect(receive(withLogout(logout as Partial<LogoutOptions>))).toThrow(message);
  });

  it("need an issuer that sends some, and one value of iss", () => {
    expect(receive(issuer)).toThrow("createLogoutReceiver: at least one of issuers must have option logout");
    const tenants = { ...sender, issuer: "https://login.example/{tenantid}", tenants: { allowed: ["a"] } };
    expect(receive(tenants)).toThrow("only an issuer with one value of claim iss sends logouts");
  });

  it("are of no use where nothing receives the logouts, or an issuer comes later", () => {
    const options = { routes: echoRoutes(service), audience: "ledger", issuers: [sender] };
    expect(() => createAuth(options)).toThrow("has option logout, and nothing receives its logouts");
    const { auth } = setUpLogouts();
    expect(() => auth.issuers.add({ ...sender, issuer: "https://late.example" })).toThrow(
      "issuer https://late.example has logout: it must be named when createAuth is called",
    );
  });

  it("warn at the start of what a logout may miss", () => {
    const { match: _, ...open } = sender.logout ?? { audiences: [] };
    const { warnings } = setUpLogouts([{ ...sender, logout: open, claims: { subject: "oid" } }]);
    expect(warnings).toEqual([
      expect.stringContaining(
        'and nothing if they have none: set logout.match to "session" if they have it, else to "subject"',
      ),
      expect.stringContaining("ends nothing, since access tokens name it in oid"),
    ]);
    expect(setUpLogouts().warnings).toEqual([]);
  });

  it("do not take the subject of a logout for one that access tokens name by another claim", async () => {
    const { send, call } = setUpLogouts([{ ...sender, claims: { subject: "oid" } }]);
    expect((await send(signLogout({ sid: undefined, sub: "usr_ada" }))).status).toBe(400);
    expect(await call({ oid: "usr_ada" })).toBeUndefined();
    expect((await send(signLogout({ sid: undefined, oid: "usr_ada" }))).status).toBe(200);
    expect(await call({ oid: "usr_ada" })).toBe("SESSION_REVOKED");
  });
});
