import { create, type DescMethod } from "@bufbuild/protobuf";
import {
  Access,
  OnExpiry,
  type Policy as PolicyMessage,
  PolicySchema,
  type StreamPolicy as StreamPolicyMessage,
  StreamPolicySchema,
  TokenBinding,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import {
  AUTHENTICATED_POLICY,
  PUBLIC_POLICY,
  readPolicy,
} from "../../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import type { FieldOf } from "../../../server/gate/src/authorize/unread-fields.ts";
import { echoService, methodOf, type PolicyInit } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";

const { PUBLIC, OPTIONAL, AUTHENTICATED } = Access;
const read = (
  policy: PolicyInit | undefined,
  service?: PolicyInit,
  kind: DescMethod["methodKind"] = "server_streaming",
) =>
  readPolicy(
    methodOf(echoService({ Call: policy === undefined ? { kind } : { policy, kind } }, service), "Call"),
  );
const seconds = (count: number, nanos = 0) => ({ seconds: BigInt(count), nanos });
const $unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];
const newerPolicy = Object.assign(create(PolicySchema, { access: AUTHENTICATED }), { $unknown });
const newerStream = Object.assign(create(StreamPolicySchema), { $unknown });

const STREAM: Readonly<Record<FieldOf<StreamPolicyMessage>, unknown>> = {
  onExpiry: OnExpiry.RENEW,
  maxAge: seconds(3600),
};
/** A policy with every field that the proto has. A new one does not compile until it is here. */
const EVERY_FIELD: Readonly<Record<FieldOf<PolicyMessage>, unknown>> = {
  access: AUTHENTICATED,
  scopes: ["a"],
  anyScopes: ["b"],
  roles: ["c"],
  audiences: ["d"],
  clientIds: ["e"],
  maxAuthAge: seconds(300, 500_000_000),
  acrValues: ["f"],
  binding: TokenBinding.REQUIRED,
  rule: "request.count < 3",
  stream: STREAM,
};
const plain = read({ access: AUTHENTICATED });

describe("every field of the proto changes what is read from a policy:", () => {
  test.each(notEmpty(PolicySchema.fields.map(({ localName }) => localName)))("%s", (name) => {
    expect(Object.keys(EVERY_FIELD)).toContain(name);
    const value = EVERY_FIELD[name as FieldOf<PolicyMessage>];
    // Another access than that of the policy that it is compared with.
    const policy = name === "access" ? { access: PUBLIC } : { access: AUTHENTICATED, [name]: value };
    expect(read(policy as PolicyInit)).toMatchObject({ kind: "policy" });
    expect(read(policy as PolicyInit)).not.toEqual(plain);
  });

  test.each(notEmpty(StreamPolicySchema.fields.map(({ localName }) => localName)))("stream.%s", (name) => {
    expect(Object.keys(STREAM)).toContain(name);
    const stream = { [name]: STREAM[name as FieldOf<StreamPolicyMessage>] };
    expect(read({ access: AUTHENTICATED, stream })).toMatchObject({ kind: "policy" });
    expect(read({ access: AUTHENTICATED, stream })).not.toEqual(plain);
  });
});

describe("a policy (S3)", () => {
  test("has every field of the proto", () => {
    const result = read(EVERY_FIELD as PolicyInit);
    expect(result).toMatchObject({ kind: "policy", source: "method" });
    const { rule, ...policy } = result.kind === "policy" ? result.policy : ({} as Policy);
    expect(policy).toEqual({
      access: "authenticated",
      scopes: ["a"],
      anyScopes: ["b"],
      roles: ["c"],
      audiences: ["d"],
      clientIds: ["e"],
      maxAuthAgeSeconds: 300.5,
      acrValues: ["f"],
      requiresBinding: true,
      renewable: true,
      streamMaxAgeMs: 3_600_000,
    });
    expect(rule?.expression).toBe("request.count < 3");
  });

  test("has defaults that ask for nothing more than a token", () => {
    expect(read({ access: AUTHENTICATED })).toEqual({
      kind: "policy",
      source: "method",
      policy: {
        access: "authenticated",
        scopes: [],
        anyScopes: [],
        roles: [],
        audiences: [],
        clientIds: [],
        maxAuthAgeSeconds: undefined,
        acrValues: [],
        requiresBinding: false,
        rule: undefined,
        renewable: false,
        streamMaxAgeMs: undefined,
      },
    });
    expect(read({ access: AUTHENTICATED })).toMatchObject({ policy: AUTHENTICATED_POLICY });
    expect([PUBLIC_POLICY.access, AUTHENTICATED_POLICY.access]).toEqual(["public", "authenticated"]);
    expect(read({ access: PUBLIC })).toMatchObject({ policy: PUBLIC_POLICY });
    expect(read({ access: OPTIONAL })).toMatchObject({ policy: { access: "optional" } });
    expect(read({ access: AUTHENTICATED, binding: TokenBinding.NONE })).toMatchObject({
      policy: { requiresBinding: false },
    });
    expect(read({ access: AUTHENTICATED, stream: { onExpiry: OnExpiry.CLOSE } })).toMatchObject({
      policy: { renewable: false, streamMaxAgeMs: undefined },
    });
  });

  test("of the service stands where the method has none", () => {
    expect(read(undefined, { access: AUTHENTICATED, scopes: ["a"] })).toMatchObject({
      source: "service",
      policy: { scopes: ["a"] },
    });
  });

  test("of the method replaces that of the service whole", () => {
    const result = read({ access: AUTHENTICATED, roles: ["b"] }, { access: AUTHENTICATED, scopes: ["a"] });
    expect(result).toMatchObject({ source: "method", policy: { scopes: [], roles: ["b"] } });
  });

  test("of a broken method is not saved by that of the service", () => {
    expect(read({ scopes: ["a"] }, { access: AUTHENTICATED }).kind).toBe("fault");
  });

  test("is frozen", () => {
    const result = read({ access: AUTHENTICATED, scopes: ["a"] });
    const policy = result.kind === "policy" ? result.policy : undefined;
    expect([policy, policy?.scopes, PUBLIC_POLICY, AUTHENTICATED_POLICY].every(Object.isFrozen)).toBe(true);
  });
});

const ACCESS = "does not say whether a token is needed (access)";
const NAME = "has an empty name, or one with a space in it";
const VALUE = "has a value that this version does not know";
const FIELD = "has a field that this version does not know";
const DURATION = "has a duration that is not positive";
const PUBLIC_CONDITIONS = "is public, yet sets conditions on the token";
const OPTIONAL_CONDITIONS = "is optional, yet sets conditions on the token";
const PUBLIC_RULE = "is public, yet has a rule or ends its streams";

const faults: readonly (readonly [what: string, policy: PolicyInit | undefined, fault: string])[] = [
  ["nothing", undefined, "has no access rule"],
  ["no access", { scopes: ["a"] }, ACCESS],
  ["an access of a newer version", { access: 99 as Access }, ACCESS],
  ["a binding of a newer version", { access: AUTHENTICATED, binding: 99 as TokenBinding }, VALUE],
  ["an expiry of a newer version", { access: AUTHENTICATED, stream: { onExpiry: 99 as OnExpiry } }, VALUE],
  ["a field of a newer version", newerPolicy, FIELD],
  ["a field of a newer version for streams", { access: AUTHENTICATED, stream: newerStream }, FIELD],
  ...(["scopes", "anyScopes", "roles", "audiences", "clientIds", "acrValues"] as const).flatMap((list) => [
    [`an empty name in ${list}`, { access: AUTHENTICATED, [list]: ["a", ""] }, NAME] as const,
    [`two names in one of ${list}`, { access: AUTHENTICATED, [list]: ["a b"] }, NAME] as const,
    [`PUBLIC and ${list}`, { access: PUBLIC, [list]: ["a"] }, PUBLIC_CONDITIONS] as const,
    [`OPTIONAL and ${list}`, { access: OPTIONAL, [list]: ["a"] }, OPTIONAL_CONDITIONS] as const,
  ]),
  ["PUBLIC and max_auth_age", { access: PUBLIC, maxAuthAge: seconds(1) }, PUBLIC_CONDITIONS],
  ["PUBLIC and binding", { access: PUBLIC, binding: TokenBinding.REQUIRED }, PUBLIC_CONDITIONS],
  ["OPTIONAL and binding", { access: OPTIONAL, binding: TokenBinding.REQUIRED }, OPTIONAL_CONDITIONS],
  ["PUBLIC and a rule", { access: PUBLIC, rule: "true" }, PUBLIC_RULE],
  ["PUBLIC and the life of streams", { access: PUBLIC, stream: { maxAge: seconds(1) } }, PUBLIC_RULE],
  ["a max_auth_age of zero", { access: AUTHENTICATED, maxAuthAge: seconds(0) }, DURATION],
  ["a negative max_auth_age", { access: AUTHENTICATED, maxAuthAge: seconds(-1) }, DURATION],
  ["a stream max_age of zero", { access: AUTHENTICATED, stream: { maxAge: seconds(0) } }, DURATION],
  ["a rule that is no CEL", { access: AUTHENTICATED, rule: "request." }, "has a rule that cannot be parsed"],
];

describe("a policy is refused (S2) with", () => {
  for (const [what, policy, fault] of faults) {
    test(what, () => {
      expect(read(policy)).toMatchObject({ kind: "fault", fault });
      expect(policy === undefined || read(undefined, policy).kind === "fault").toBe(true);
    });
  }
});

describe("a policy that says how streams end", () => {
  const policy = { access: AUTHENTICATED, stream: { onExpiry: OnExpiry.RENEW } };

  test("is refused on a unary method (S2)", () => {
    const fault = "is unary, yet says how its stream ends";
    expect(read(policy, undefined, "unary")).toEqual({ kind: "fault", fault });
    expect(read({ access: AUTHENTICATED, stream: {} }, undefined, "unary")).toEqual({ kind: "fault", fault });
  });

  test.each(["server_streaming", "client_streaming", "bidi_streaming"] as const)("is taken on a %s", (kind) =>
    expect(read(policy, undefined, kind)).toMatchObject({ kind: "policy" }),
  );

  test("is taken as the default of a service that also has unary methods", () => {
    expect(read(undefined, policy, "unary")).toMatchObject({ kind: "policy", source: "service" });
  });
});
