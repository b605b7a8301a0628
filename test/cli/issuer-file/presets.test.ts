import { expect, test } from "vitest";
import { resolveIssuer } from "../../../server/gate/src/connect/resolve-issuer.ts";
import { PRESETS } from "../../../server/gate/src/issuers/presets.ts";
import { systemClock } from "../../../server/gate/src/kernel/clock.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { readOne } from "./read-file.ts";

/** The options of each preset, as JSON has them, and the files that they name. */
const SAMPLES: Readonly<Record<string, object>> = {
  auth0: { domain: "acme.eu.auth0.com", audience: "api", rolesClaim: "https://acme.example/roles" },
  clerk: { domain: "clerk.acme.example", authorizedParties: ["https://app.acme.example"] },
  cloudflareAccess: { teamDomain: "acme.cloudflareaccess.com", audience: "tag", allowServiceTokens: true },
  cognito: { userPoolId: "eu-west-1_AbCdEfGhI", clientIds: ["a", "b"] },
  entra: { tenants: ["11111111-2222-3333-4444-555555555555"], audience: "api" },
  firebase: { projectId: "acme" },
  githubActions: { audience: "api", repository: "acme/notes" },
  gitlab: { url: "https://gitlab.acme.example", audience: "api", project: "acme/notes" },
  google: { audience: "api" },
  googleIap: { audience: "/projects/1/apps/acme" },
  keycloak: { realm: "https://id.acme.example/realms/acme", rolesOfClient: "notes" },
  kubernetes: {
    audience: "api",
    bearerTokenFile: "token",
    headers: { "x-a": "b" },
    maxTokenLifeSeconds: 100_000,
  },
  logto: { endpoint: "https://acme.logto.app" },
  okta: { domain: "acme.okta.com" },
  spiffe: { trustDomain: "acme.example", bundleUri: "https://spire.acme.example/keys" },
  supabase: { url: "https://acme.supabase.co", sharedSecretFile: "secret" },
  workos: { clientId: "client_01" },
  zitadel: { domain: "acme-1.zitadel.cloud", projectId: "1" },
};

test.each(notEmpty(Object.keys(PRESETS)))(
  "the file takes the preset %s, and makes an issuer of it",
  async (preset) => {
    const files = { token: "a.b.c", secret: "0123456789abcdef0123456789abcdef" };
    const { exchange: _, ...options } = (await readOne({ preset, options: SAMPLES[preset] }, files)) ?? {};
    expect(() => resolveIssuer(options as never, { audience: "api", clock: systemClock })).not.toThrow();
  },
);

test.each(notEmpty(Object.keys(PRESETS)))(
  "the file names an option that %s does not have",
  async (preset) => {
    await expect(readOne({ preset, options: { ...SAMPLES[preset], fetch: 1, colour: 1 } })).rejects.toThrow(
      /entry 1: there is no member "options\.(fetch|colour)"/,
    );
  },
);

test("claims that an entry requires or forbids are added to those of its preset", async () => {
  const asked = { requiredClaims: { tenant: "acme" }, presentClaims: ["jti"], forbiddenClaims: ["nonce"] };
  const { keycloak, auth0, okta } = SAMPLES;
  expect(await readOne({ preset: "keycloak", options: keycloak, ...asked })).toMatchObject({
    ...asked,
    requiredClaims: { typ: ["Bearer", "DPoP"], tenant: "acme" },
  });
  expect(await readOne({ preset: "okta", options: okta, ...asked })).toMatchObject({
    presentClaims: ["cid", "jti"],
  });
  expect(await readOne({ preset: "auth0", options: auth0, forbiddenClaims: ["gty"] })).toMatchObject({
    forbiddenClaims: ["nonce", "at_hash", "c_hash", "gty"],
  });
  const typ = { requiredClaims: { typ: "Bearer" } };
  expect(await readOne({ preset: "keycloak", options: keycloak, ...typ })).toMatchObject(typ);
});
