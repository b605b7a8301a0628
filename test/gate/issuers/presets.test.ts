import type { DescMethodUnary } from "@bufbuild/protobuf";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import {
  auth0,
  clerk,
  cognito,
  entra,
  githubActions,
  gitlab,
  google,
  keycloak,
  kubernetes,
  logto,
  spiffe,
  supabase,
} from "../../../server/gate/src/issuers/index.ts";
import { PRESETS } from "../../../server/gate/src/issuers/presets.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import {
  createSigningKey,
  ISSUED_AT_SECONDS,
  type KeyPairAlgorithm,
  type SigningKey,
  signToken,
} from "../../support/tokens.ts";
import { DIRECTORY_PROVIDERS } from "./directory-providers.ts";
import { commonNearMisses, type NearMiss, type ProviderShape } from "./provider-shape.ts";
import { USER_PROVIDERS } from "./user-providers.ts";
import { WORKLOAD_PROVIDERS } from "./workload-providers.ts";

const providers = notEmpty([...DIRECTORY_PROVIDERS, ...USER_PROVIDERS, ...WORKLOAD_PROVIDERS]);
const service = echoService({ Who: { policy: { access: Access.AUTHENTICATED } } });

/** What is fetched, by URL. */
const documents = new Map<string, unknown>();

beforeEach(() => {
  vi.stubGlobal("fetch", (url: URL | string) => {
    const document = documents.get(String(url));
    return Promise.resolve(
      document === undefined ? new Response("no such document", { status: 404 }) : Response.json(document),
    );
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  documents.clear();
});

/** The keys of each kind: that of the provider, and somebody else's of the same name. They take long to make. */
const keys = new Map<string, SigningKey>();

function keyOf(owner: "provider" | "stranger", algorithm: KeyPairAlgorithm): SigningKey {
  const name = `${owner} ${algorithm}`;
  const key = keys.get(name) ?? createSigningKey(algorithm, "k1");
  keys.set(name, key);
  return key;
}

/** A server that trusts the provider, whose key set is where the provider has it. */
function setUp({ options, algorithm, jwk = {}, jwksUri }: ProviderShape) {
  const key = keyOf("provider", algorithm);
  documents.set(jwksUri, { keys: [{ ...key.jwk, ...jwk }] });
  const principals: Principal[] = [];
  const checks: unknown[] = [];
  const auth = createAuth({
    routes: (router) =>
      router.rpc(methodOf(service, "Who") as DescMethodUnary, (request, ctx) => {
        principals.push(principalOf(ctx));
        return request;
      }),
    issuers: [options],
    audience: "notes",
    clock: createTestClock(ISSUED_AT_SECONDS * 1000 + 1000),
    audit: { record: ({ check }) => void checks.push(check) },
    onWarning: () => {},
  });
  // The methods of a service that is made at run time have no types of their own.
  const client = createClient(service, createRouterTransport(auth.routes)) as unknown as {
    who(request: object, options: object): Promise<unknown>;
  };
  return {
    key,
    principals,
    checks,
    call: (token: string) => client.who({}, { headers: { authorization: `Bearer ${token}` } }),
  };
}

function tokenOf({ header, claims }: ProviderShape, key: SigningKey, miss: Partial<NearMiss> = {}): string {
  return signToken(key, { ...claims, ...miss.claims }, { typ: undefined, ...header, ...miss.header });
}

describe.each(providers)("the preset $preset", (provider) => {
  test("takes what the provider sends, and says who it is", async () => {
    const { key, principals, call } = setUp(provider);
    await call(tokenOf(provider, key));
    expect(principals).toMatchObject([provider.expected]);
  });

  const misses = Object.entries({ ...commonNearMisses(provider), ...provider.nearMisses });

  test("is tried with twelve near misses at the least", () => {
    expect(misses.length + 1).toBeGreaterThanOrEqual(12);
  });

  test.each(notEmpty(misses))("refuses a token %s", async (_, miss) => {
    const { key, principals, checks, call } = setUp(provider);
    await call(tokenOf(provider, key));
    await expect(call(tokenOf(provider, key, miss))).rejects.toMatchObject({ code: 16 });
    expect([principals.length, checks]).toEqual([1, [miss.check]]);
  });

  test("refuses a token that somebody else has signed", async () => {
    const { checks, call } = setUp(provider);
    await expect(call(tokenOf(provider, keyOf("stranger", provider.algorithm)))).rejects.toMatchObject({
      code: 16,
    });
    expect(checks).toEqual(["signature"]);
  });
});

test("every preset is tried", () => {
  const tried = new Set(providers.map(({ preset }) => preset.split(" ")[0]));
  expect(tried).toEqual(new Set(Object.keys(PRESETS)));
});

describe("the options of presets", () => {
  test.each(notEmpty(Object.entries(PRESETS)))("%s knows its options by name", (name, preset) => {
    expect(() => preset.create({ audiance: "notes" })).toThrow(new RegExp(`^${name} has no option audiance`));
    expect(() => preset.create([])).toThrow(`${name} must be an object`);
    for (const option of Object.keys(preset.options)) {
      expect(() => preset.create({ [option]: [7] })).toThrow(TypeError);
    }
  });

  const wrong: readonly (readonly [what: string, make: () => unknown, complaint: string])[] = [
    [
      "a domain with its scheme",
      () => auth0({ domain: "https://acme.eu.auth0.com" }),
      "auth0: domain must be a host",
    ],
    [
      "a domain with a path",
      () => clerk({ domain: "a.example/x", authorizedParties: "x" }),
      "clerk: domain must be a host",
    ],
    ["no domain", () => PRESETS.okta?.create({}), "okta: domain must be a host"],
    ["no tenant", () => entra({}), "entra needs exactly one of tenant and tenants"],
    [
      "two kinds of tenants",
      () => entra({ tenant: "a", tenants: ["a"] }),
      "entra needs exactly one of tenant and tenants",
    ],
    [
      "a pool that is none",
      () => cognito({ userPoolId: "eu-west-1", clientIds: "a" }),
      "userPoolId of cognito",
    ],
    ["a realm that is no URL", () => keycloak({ realm: "acme" }), "keycloak: realm must be a URL"],
    [
      "everybody's workflows",
      () => githubActions({ audience: "a" }),
      "githubActions needs repository or owner",
    ],
    ["everybody's jobs", () => gitlab({ audience: "a" }), "gitlab needs project or namespace"],
    [
      "a service account that is none",
      () => kubernetes({ serviceAccount: "api" }),
      "serviceAccount of kubernetes",
    ],
    [
      "no bundle",
      () => spiffe({ trustDomain: "acme.example" }),
      "spiffe needs exactly one of bundle and bundleUri",
    ],
    ["no audience", () => PRESETS.google?.create({}), "google: audience must be a non-empty text"],
    ["an empty audience", () => google({ audience: "" }), "google: audience must be a non-empty text"],
    ["no audience at all", () => google({ audience: [] }), "google: audience must be a non-empty text"],
  ];

  test("leave out the slash at the end of a URL where claim iss never has one", () => {
    const realm = keycloak({ realm: "https://id.acme.example/realms/acme/" });
    expect(realm).toEqual(keycloak({ realm: "https://id.acme.example/realms/acme" }));
    expect(realm.issuer).toBe("https://id.acme.example/realms/acme");
    const others = [
      [
        gitlab({ url: "https://gitlab.acme.example/", audience: "a", project: "a/b" }),
        "https://gitlab.acme.example",
      ],
      [logto({ endpoint: "https://acme.logto.app/" }), "https://acme.logto.app/oidc"],
      [supabase({ url: "https://acme.supabase.co/" }), "https://acme.supabase.co/auth/v1"],
    ] as const;
    expect(others.map(([options]) => options.issuer)).toEqual(others.map(([, issuer]) => issuer));
  });

  const realm = "https://id.acme.example/realms/acme";
  test.each(
    notEmpty([
      ["in the preset", keycloak({ realm, audience: ["notes", "account"] }), "notes", true],
      ["of the server", keycloak({ realm }), "account", true],
      [
        "without the preset",
        { issuer: realm, keys: { discovery: true }, audiences: ["account"] },
        "notes",
        true,
      ],
      ["of another provider", auth0({ domain: "acme.eu.auth0.com", audience: "account" }), "notes", false],
      ["that Keycloak does not give to all", keycloak({ realm, audience: "accounts" }), "account", false],
    ] as const),
  )("warn of audience account of Keycloak, which every client has: %s", (_, options, audience, isWarned) => {
    const warnings: string[] = [];
    const auth = createAuth({
      routes: () => {},
      issuers: [
        spiffe({ trustDomain: "acme.example", audience: "x", bundleUri: "https://spire.example/keys" }),
      ],
      audience,
      onWarning: (warning) => void warnings.push(warning),
    });
    auth.issuers.add(options);
    const started: string[] = [];
    createAuth({
      routes: () => {},
      issuers: [options],
      audience,
      onWarning: (warning) => void started.push(warning),
    });
    const says = "audience account is in the tokens of every client of the realm";
    for (const all of [warnings, started]) {
      expect(all.some((warning) => warning.includes(says))).toBe(isWarned);
    }
  });

  test.each(notEmpty(wrong))("%s is named", (_, make, complaint) => {
    expect(make).toThrow(complaint);
  });
});
