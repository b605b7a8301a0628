import { Access, TokenBinding } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createEchoAuth } from "../../../support/echo-server.ts";
import { echoService, methodOf } from "../../../support/echo-service.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { goodClaims, ISSUED_AT_SECONDS, signToken } from "../../../support/tokens.ts";
import { contextOf, decisionOf, issuer, issuerKey } from "../fixtures.ts";

const RESOURCE = "https://api.example.com/ledger";
const PATH = "/.well-known/oauth-protected-resource/ledger";

const { AUTHENTICATED, OPTIONAL, PUBLIC } = Access;
const service = echoService({
  Free: { policy: { access: PUBLIC } },
  Maybe: { policy: { access: OPTIONAL } },
  Read: { policy: { access: AUTHENTICATED, scopes: ["read"] } },
  Write: { policy: { access: AUTHENTICATED, scopes: ["read", "write"], anyScopes: ["pay", "admin"] } },
  Any: { policy: { access: AUTHENTICATED, anyScopes: ["audit", "admin"] } },
  Signed: { policy: { access: AUTHENTICATED } },
  Fresh: { policy: { access: AUTHENTICATED, scopes: ["read"], maxAuthAge: { seconds: 60n } } },
  Odd: { policy: { access: AUTHENTICATED, scopes: ['a"b\\c'] } },
});

const setUp = (options: Partial<Parameters<typeof createEchoAuth>[1]> = {}) =>
  createEchoAuth(service, { issuers: [issuer], resource: RESOURCE, ...options });

const at = (path: string, init?: RequestInit) => new Request(`https://api.example.com${path}`, init);

describe("the metadata of a protected resource (RFC 9728)", () => {
  test("says who issues tokens, which scopes there are, and how tokens are sent", async () => {
    const response = await setUp({ resource: { url: RESOURCE, name: "Ledger" } }).auth.documents(at(PATH));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await response.json()).toEqual({
      resource: RESOURCE,
      resource_name: "Ledger",
      authorization_servers: ["https://issuer.example"],
      scopes_supported: ['a"b\\c', "admin", "audit", "pay", "read", "write"],
      bearer_methods_supported: ["header"],
    });
  });

  test("names issuers that clients can find, once, and leaves out what is empty", async () => {
    const keys = { jwks: { keys: [issuerKey.jwk] } };
    const read = async (service_: typeof service, names: readonly string[]) => {
      const issuers = names.map((name) => ({ issuer: name, keys }));
      const { documents } = createEchoAuth(service_, { issuers, resource: RESOURCE }).auth;
      return (await documents(at(PATH))).json();
    };
    const plain = echoService({ Free: { policy: { access: PUBLIC } } });
    const names = ["accounts.example", "urn:x", "http://plain.example", "https://a.example/{t}"];
    expect(await read(plain, names)).toEqual({ resource: RESOURCE, bearer_methods_supported: ["header"] });
    expect(
      await read(plain, [...names, "https://b.example", "http://localhost:8080", "https://c.example/"]),
    ).toMatchObject({
      authorization_servers: ["https://b.example", "http://localhost:8080", "https://c.example/"],
    });
  });

  test("names the issuers that there are now, and no way to send tokens where their header is another", async () => {
    const { auth } = setUp({ tokenHeader: "x-token" });
    const read = async () => (await auth.documents(at(PATH))).json();
    auth.issuers.add({ ...issuer, issuer: "https://late.example" });
    auth.issuers.remove("https://issuer.example");
    expect(await read()).toMatchObject({
      authorization_servers: ["https://late.example"],
      bearer_methods_supported: [],
    });
    auth.issuers.remove("https://late.example");
    expect(await read()).not.toHaveProperty("authorization_servers");
  });

  test("says which proofs are taken, and that they must be where every method with a token needs one", async () => {
    const publicUrls = ["https://api.example.com"];
    const read = async (of: typeof service, options = {}) =>
      (
        await createEchoAuth(of, { issuers: [issuer], resource: RESOURCE, ...options }).auth.documents(
          at(PATH),
        )
      ).json();
    const policy = { access: AUTHENTICATED, binding: TokenBinding.REQUIRED };
    const bound = echoService({ Free: { policy: { access: PUBLIC } }, Bound: { policy } });
    const algorithms = ["ES256", "EdDSA", "Ed25519", "PS256", "RS256"];
    const required = {
      dpop_signing_alg_values_supported: algorithms,
      dpop_bound_access_tokens_required: true,
    };
    expect(await read(bound, { publicUrls })).toMatchObject(required);
    expect(await read(bound)).not.toHaveProperty("dpop_signing_alg_values_supported");
    const plain = await read(service, { publicUrls });
    expect(plain).toMatchObject({ dpop_signing_alg_values_supported: algorithms });
    expect(plain).not.toHaveProperty("dpop_bound_access_tokens_required");
  });

  test("is a table by path as well, and nothing is at other paths", async () => {
    const { documents } = setUp().auth;
    expect(Object.keys(documents)).toEqual([PATH]);
    expect((await documents[PATH]?.(at("/")))?.status).toBe(200);
    for (const path of notEmpty([
      "/.well-known/oauth-protected-resource",
      `${PATH}/`,
      `${PATH}/x`,
      "/.well-known/oauth-protected-resource/Ledger",
      "/__proto__",
      "/constructor",
      "/name",
      "/",
    ])) {
      expect((await documents(at(path))).status, path).toBe(404);
    }
  });

  test("answers a preflight of any origin, HEAD, and no other method", async () => {
    const { documents } = setUp().auth;
    const preflight = await documents(
      at(PATH, {
        method: "OPTIONS",
        headers: { origin: "https://x.example", "access-control-request-method": "GET" },
      }),
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-headers")).toBe("*");
    expect(await (await documents(at(PATH, { method: "HEAD" }))).text()).toBe("");
    expect((await documents(at(PATH, { method: "POST" }))).status).toBe(405);
    expect((await documents(at(PATH, { method: "OPTIONS" }))).status).toBe(405);
  });

  test("is not there without the option", async () => {
    const { auth } = createEchoAuth(service, { issuers: [issuer] });
    expect(Object.keys(auth.documents)).toEqual([]);
    expect((await auth.documents(at(PATH))).status).toBe(404);
  });
});

describe("the challenge of a resource (RFC 9728 §5.1, RFC 6750 §3)", () => {
  const metadata = `resource_metadata="https://api.example.com${PATH}"`;
  const bad = 'error="invalid_token", error_description="the access token is not valid"';
  const lacks =
    'error="insufficient_scope", error_description="the token lacks a scope that the method needs"';
  const old =
    'error="insufficient_user_authentication", error_description="the user must sign in again for this method"';
  const token = (claims: Readonly<Record<string, unknown>>) =>
    `Bearer ${signToken(issuerKey, goodClaims(claims))}`;
  const reader = token({ scope: "read", auth_time: ISSUED_AT_SECONDS - 61 });
  const cases: readonly (readonly [method: string, authorization: string | undefined, params: string])[] = [
    ["Read", undefined, `scope="read", ${metadata}`],
    ["Signed", undefined, metadata],
    ["Write", undefined, `scope="read write pay", ${metadata}`],
    ["Any", undefined, `scope="audit", ${metadata}`],
    ["Odd", undefined, `scope="abc", ${metadata}`],
    ["Read", "Bearer x", `${bad}, scope="read", ${metadata}`],
    ["Maybe", "Bearer x", `${bad}, ${metadata}`],
    ["Write", reader, `${lacks}, scope="read write pay", ${metadata}`],
    ["Any", reader, `${lacks}, scope="audit", ${metadata}`],
    ["Fresh", reader, `${old}, scope="read", max_age="60", ${metadata}`],
  ];

  for (const [name, authorization, params] of notEmpty(cases)) {
    test(`of ${name}, ${authorization === undefined ? "without a token" : authorization.slice(0, 12)}: ${params}`, async () => {
      const { auth } = setUp();
      const call = authorization === undefined ? {} : { authorization };
      const seen = await decisionOf(auth.requestGate, contextOf(methodOf(service, name), call));
      expect(seen?.challenge).toBe(`Bearer realm="countersign", ${params}`);
    });
  }

  test("names DPoP where a call without a token needs a bound one, also for a server that is no resource", async () => {
    const policy = { access: AUTHENTICATED, scopes: ["read"], binding: TokenBinding.REQUIRED };
    const bound = echoService({ Bound: { policy } });
    const algs = 'algs="ES256 EdDSA Ed25519 PS256 RS256"';
    for (const [resource, params] of [
      [undefined, algs],
      [RESOURCE, `scope="read", ${metadata}, ${algs}`],
    ] as const) {
      const { auth } = createEchoAuth(bound, { issuers: [issuer], ...(resource && { resource }) });
      const seen = await decisionOf(auth.requestGate, contextOf(methodOf(bound, "Bound"), {}));
      expect(seen?.challenge).toBe(`DPoP realm="countersign", ${params}`);
    }
  });
});
