import { auth0, entra, okta } from "../../../server/gate/src/issuers/index.ts";
import { ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { ONE_HOUR, type ProviderShape } from "./provider-shape.ts";

const TENANT = "8f3b2f0e-1f9d-4f0a-9a43-0c2f4f1f7a11";
const OTHER_TENANT = "11111111-2222-3333-4444-555555555555";

/** Directories of organizations, whose tokens stand for their people. */
export const DIRECTORY_PROVIDERS: readonly ProviderShape[] = [
  {
    preset: "auth0",
    options: auth0({
      domain: "acme.eu.auth0.com",
      audience: "https://api.acme.example",
      rolesClaim: "https://acme.example/roles",
    }),
    algorithm: "RS256",
    jwksUri: "https://acme.eu.auth0.com/.well-known/jwks.json",
    header: { typ: "JWT" },
    claims: {
      iss: "https://acme.eu.auth0.com/",
      sub: "auth0|507f1f77bcf86cd799439020",
      aud: ["https://api.acme.example", "https://acme.eu.auth0.com/userinfo"],
      azp: "my_client_id",
      scope: "openid profile read:notes",
      permissions: ["write:notes"],
      "https://acme.example/roles": ["editor"],
      gty: "password",
      ...ONE_HOUR,
    },
    expected: {
      subject: "auth0|507f1f77bcf86cd799439020",
      clientId: "my_client_id",
      scopes: ["openid", "profile", "read:notes", "write:notes"],
      roles: ["editor"],
    },
    nearMisses: {
      "for userinfo alone": { claims: { aud: "https://acme.eu.auth0.com/userinfo" } },
      "that is an ID token": { claims: { aud: "my_client_id", nonce: "n" } },
      "that is an ID token for a client with the API's name": { claims: { nonce: "n" } },
    },
  },
  {
    preset: "okta",
    options: okta({ domain: "acme.okta.com", audience: "api://default" }),
    algorithm: "RS256",
    jwksUri: "https://acme.okta.com/oauth2/default/v1/keys",
    header: {},
    claims: {
      ver: 1,
      iss: "https://acme.okta.com/oauth2/default",
      sub: "ada@acme.example",
      aud: "api://default",
      jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
      cid: "nmdP1fcyvdVO11AL7ECm",
      uid: "00ugmsr5nkyzvsJPw0h7",
      scp: ["openid", "notes:read"],
      groups: ["Everyone", "editors"],
      auth_time: ISSUED_AT_SECONDS - 60,
      ...ONE_HOUR,
    },
    expected: {
      clientId: "nmdP1fcyvdVO11AL7ECm",
      scopes: ["openid", "notes:read"],
      roles: ["Everyone", "editors"],
      tokenId: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    },
    nearMisses: {
      "that is an ID token": { claims: { aud: "nmdP1fcyvdVO11AL7ECm", cid: undefined, scp: undefined } },
      "that names no client": { claims: { cid: undefined } },
      "of the organization's own server": { claims: { iss: "https://acme.okta.com" } },
    },
  },
  {
    preset: "entra",
    options: entra({ tenant: TENANT, audience: "9a7c1c6e-notes" }),
    algorithm: "RS256",
    jwksUri: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    jwk: { alg: undefined },
    header: { typ: "JWT", x5t: "abc" },
    claims: {
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      aud: "9a7c1c6e-notes",
      sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
      oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
      tid: TENANT,
      azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      azpacr: "0",
      scp: "notes.read notes.write",
      roles: ["Notes.Admin"],
      ver: "2.0",
      ...ONE_HOUR,
      nbf: ONE_HOUR.iat,
    },
    expected: {
      clientId: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      scopes: ["notes.read", "notes.write"],
      roles: ["Notes.Admin"],
    },
    nearMisses: {
      "of another tenant": { claims: { tid: OTHER_TENANT } },
      "whose issuer is another tenant": {
        claims: { iss: `https://login.microsoftonline.com/${OTHER_TENANT}/v2.0` },
      },
      "that is an ID token for the application": { claims: { azp: undefined, azpacr: undefined } },
      "of version 1": { claims: { ver: "1.0", iss: `https://sts.windows.net/${TENANT}/` } },
    },
  },
  {
    preset: "entra of version 1",
    options: entra({ tenant: TENANT, audience: "api://notes", version: "1" }),
    algorithm: "RS256",
    jwksUri: `https://login.microsoftonline.com/${TENANT}/discovery/keys`,
    header: { typ: "JWT" },
    claims: {
      iss: `https://sts.windows.net/${TENANT}/`,
      aud: "api://notes",
      sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
      tid: TENANT,
      appid: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      appidacr: "1",
      roles: ["Notes.Admin"],
      ver: "1.0",
      ...ONE_HOUR,
    },
    expected: { clientId: "6e74172b-be56-4843-9ff4-e66a39bb12e3", roles: ["Notes.Admin"], scopes: [] },
    nearMisses: {
      "that is an ID token": { claims: { appid: undefined } },
      "of another tenant": { claims: { tid: OTHER_TENANT } },
    },
  },
  {
    preset: "entra for several tenants",
    options: entra({ tenants: [TENANT], audience: "9a7c1c6e-notes" }),
    algorithm: "RS256",
    jwksUri: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
    header: { typ: "JWT" },
    claims: {
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      aud: "9a7c1c6e-notes",
      sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
      tid: TENANT,
      azp: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
      scp: "notes.read",
      ver: "2.0",
      ...ONE_HOUR,
    },
    expected: { issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`, scopes: ["notes.read"] },
    nearMisses: {
      "of a tenant that says it is another": { claims: { tid: OTHER_TENANT } },
      "of a tenant that is not allowed": {
        claims: { tid: OTHER_TENANT, iss: `https://login.microsoftonline.com/${OTHER_TENANT}/v2.0` },
      },
      "of the template itself": {
        claims: { tid: "{tenantid}", iss: "https://login.microsoftonline.com/{tenantid}/v2.0" },
      },
      "whose tenant is a list": { claims: { tid: [TENANT] } },
      "without tenant": { claims: { tid: undefined } },
    },
  },
];
