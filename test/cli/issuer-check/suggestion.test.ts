import { expect, test } from "vitest";
import { type Findings, suggestOptions } from "../../../server/cli/src/issuer-check/suggestion.ts";

const issuer = "https://id.example.com";
const nothing: Findings = {
  issuer,
  metadata: undefined,
  metadataUri: undefined,
  jwksUri: undefined,
  algorithms: ["RS256"],
  claims: {},
  asked: {},
  fetching: {},
};
const metadataOf = (name: string, jwksUri = `${name}/keys`) => ({
  kind: "found" as const,
  url: `${name}/.well-known/openid-configuration`,
  place: `${name}/.well-known/openid-configuration`,
  tookMs: 1,
  issuer: name,
  jwksUri,
  idTokenAlgorithms: [],
});

test("finds keys by the metadata, or where it was said that they are", () => {
  expect(suggestOptions({ ...nothing, metadata: metadataOf(issuer) })).toMatchObject({
    choice: undefined,
    members: { issuer, keys: { discovery: true } },
    isPartial: false,
  });
  expect(suggestOptions({ ...nothing, jwksUri: `${issuer}/keys` }).members).toEqual({
    issuer,
    keys: { jwksUri: `${issuer}/keys` },
  });
});

test("names the metadata's issuer where tokens name another, as those of Entra B2C", () => {
  const metadataUri = "https://acme.b2clogin.example/acme/v2.0/.well-known/openid-configuration?p=signin";
  const metadata = metadataOf("https://login.other.example/acme/v2.0/");
  expect(suggestOptions({ ...nothing, metadata, metadataUri }).members).toMatchObject({
    keys: { discovery: true, metadataUri, metadataIssuer: "https://login.other.example/acme/v2.0/" },
  });
});

test("leaves the tenants open where the issuer has some", () => {
  const template = `${issuer}/{tenantid}/v2.0`;
  expect(suggestOptions({ ...nothing, issuer: template, jwksUri: `${issuer}/keys` })).toMatchObject({
    members: { issuer: template, tenants: { allowed: ["…"] } },
    isPartial: true,
  });
});

test("names algorithms that are not accepted otherwise, and hosts of a private network", () => {
  const plain = "http://keycloak:8080";
  const { members } = suggestOptions({
    ...nothing,
    issuer: plain,
    metadata: metadataOf(plain),
    algorithms: ["ES384"],
    asked: { insecure: { allowMissingType: true } },
  });
  expect(members).toEqual({
    issuer: plain,
    keys: { discovery: true },
    algorithms: ["ES384"],
    insecure: { allowMissingType: true, allowHttpHosts: ["keycloak:8080"] },
  });
  const realm = `${plain}/realms/acme`;
  const metadata = metadataOf(realm, `${realm}/protocol/openid-connect/certs`);
  expect(suggestOptions({ ...nothing, issuer: realm, metadata })).toEqual({
    choice: { preset: "keycloak", options: { realm } },
    members: { insecure: { allowHttpHosts: ["keycloak:8080"] } },
    isPartial: false,
  });
});

test("puts files where the preset takes them, or else beside it", () => {
  const fetching = { bearerTokenFile: "token", caFile: "ca.crt" };
  const cluster = "https://kubernetes.default.svc.cluster.local";
  expect(suggestOptions({ ...nothing, issuer: cluster, fetching })).toEqual({
    choice: { preset: "kubernetes", options: fetching },
    members: {},
    isPartial: false,
  });
  const realm = `${issuer}/realms/acme`;
  const metadata = metadataOf(realm, `${realm}/protocol/openid-connect/certs`);
  expect(suggestOptions({ ...nothing, issuer: realm, metadata, fetching })).toEqual({
    choice: { preset: "keycloak", options: { realm } },
    members: { keys: { discovery: true, ...fetching } },
    isPartial: false,
  });
});

test("keeps what the preset relaxes, beside a host of a private network", () => {
  const plain = "http://okta.internal:8080";
  const metadata = metadataOf("https://acme.okta.com/oauth2/default", `${plain}/keys`);
  const { members } = suggestOptions({
    ...nothing,
    issuer: "https://acme.okta.com/oauth2/default",
    metadata,
  });
  expect(members).toEqual({ insecure: { allowMissingType: true, allowHttpHosts: ["okta.internal:8080"] } });
});

test("says that a provider's options are to be completed", () => {
  expect(suggestOptions({ ...nothing, issuer: "https://accounts.google.com" })).toMatchObject({
    choice: { preset: "google", options: { audience: "…" } },
    isPartial: true,
  });
});
