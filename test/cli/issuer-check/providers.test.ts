import { expect, test } from "vitest";
import { recognizeProvider } from "../../../server/cli/src/issuer-check/providers.ts";

interface Case {
  readonly issuer: string;
  readonly jwksUri?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly preset: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const cases: readonly Case[] = [
  {
    issuer: "https://acme.eu.auth0.com/",
    claims: { aud: ["https://api.acme.example", "https://acme.eu.auth0.com/userinfo"] },
    preset: "auth0",
    options: { domain: "acme.eu.auth0.com", audience: "https://api.acme.example" },
  },
  {
    issuer: "https://acme.okta.com/oauth2/default",
    claims: { aud: "api://default" },
    preset: "okta",
    options: { domain: "acme.okta.com", audience: "api://default" },
  },
  {
    issuer: "https://acme.oktapreview.com/oauth2/aus1",
    preset: "okta",
    options: { domain: "acme.oktapreview.com", authorizationServer: "aus1" },
  },
  {
    issuer: "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0",
    claims: { aud: "a" },
    preset: "entra",
    options: { tenant: "11111111-2222-3333-4444-555555555555", audience: "a" },
  },
  {
    issuer: "https://login.microsoftonline.com/{tenantid}/v2.0",
    preset: "entra",
    options: { tenants: ["…"] },
  },
  { issuer: "https://sts.windows.net/t/", preset: "entra", options: { tenant: "t", version: "1" } },
  {
    issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    claims: { client_id: "app", token_use: "access" },
    preset: "cognito",
    options: { userPoolId: "eu-west-1_AbCdEfGhI", clientIds: "app" },
  },
  {
    issuer: "https://id.acme.example/realms/acme",
    jwksUri: "https://id.acme.example/realms/acme/protocol/openid-connect/certs",
    claims: { aud: ["account", "notes"] },
    preset: "keycloak",
    options: { realm: "https://id.acme.example/realms/acme", audience: "notes" },
  },
  {
    issuer: "https://acme-1.clerk.accounts.dev",
    claims: { azp: "https://app.acme.example" },
    preset: "clerk",
    options: { domain: "acme-1.clerk.accounts.dev", authorizedParties: "https://app.acme.example" },
  },
  {
    issuer: "https://api.workos.com",
    jwksUri: "https://api.workos.com/sso/jwks/client_01",
    preset: "workos",
    options: { clientId: "client_01" },
  },
  {
    issuer: "https://abc.supabase.co/auth/v1",
    preset: "supabase",
    options: { url: "https://abc.supabase.co" },
  },
  { issuer: "https://securetoken.google.com/acme", preset: "firebase", options: { projectId: "acme" } },
  { issuer: "https://accounts.google.com", preset: "google", options: { audience: "…" } },
  {
    issuer: "https://cloud.google.com/iap",
    claims: { aud: "/projects/1/apps/acme" },
    preset: "googleIap",
    options: { audience: "/projects/1/apps/acme" },
  },
  { issuer: "https://acme-1.zitadel.cloud", preset: "zitadel", options: { domain: "acme-1.zitadel.cloud" } },
  { issuer: "https://acme.logto.app/oidc", preset: "logto", options: { endpoint: "https://acme.logto.app" } },
  {
    issuer: "https://token.actions.githubusercontent.com",
    claims: { aud: "notes", repository: "acme/notes" },
    preset: "githubActions",
    options: { audience: "notes", repository: "acme/notes" },
  },
  {
    issuer: "https://gitlab.acme.example",
    claims: { aud: "notes", project_path: "acme/notes", ref_type: "branch" },
    preset: "gitlab",
    options: { url: "https://gitlab.acme.example", audience: "notes", project: "acme/notes" },
  },
  {
    issuer: "https://kubernetes.default.svc.cluster.local",
    jwksUri: "https://10.0.0.1:6443/openid/v1/jwks",
    claims: { aud: ["notes"] },
    preset: "kubernetes",
    options: { audience: "notes", jwksUri: "https://10.0.0.1:6443/openid/v1/jwks" },
  },
  {
    issuer: "https://acme.cloudflareaccess.com",
    claims: { aud: ["tag"] },
    preset: "cloudflareAccess",
    options: { teamDomain: "acme.cloudflareaccess.com", audience: "tag" },
  },
  {
    issuer: "spiffe://acme.example",
    jwksUri: "https://spire.acme.example/keys",
    preset: "spiffe",
    options: { trustDomain: "acme.example", bundleUri: "https://spire.acme.example/keys" },
  },
];

test.each(cases)("recognizes $preset by $issuer", ({ issuer, jwksUri, claims = {}, preset, options }) => {
  expect(recognizeProvider({ issuer, jwksUri, claims })).toEqual({ preset, options });
});

test.each([
  "https://login.example.com",
  "https://auth0.com.evil.example/",
  "https://notauth0.com/",
  "https://login.microsoftonline.com.evil.example/t/v2.0",
  "https://id.example.com/realms/acme",
  "https://okta.com.example/oauth2/default",
  "urn:acme",
  "no URL",
])("takes %s for nobody's", (issuer) => {
  expect(recognizeProvider({ issuer, jwksUri: undefined, claims: {} })).toBeUndefined();
});

test("reads no claim that the token does not have itself", () => {
  const claims = Object.create({ azp: "https://app.example", aud: "inherited" }) as Record<string, unknown>;
  expect(
    recognizeProvider({ issuer: "https://clerk.acme.example", jwksUri: undefined, claims }),
  ).toBeUndefined();
});
