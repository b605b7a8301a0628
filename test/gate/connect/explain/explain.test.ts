import { create } from "@bufbuild/protobuf";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { RefreshRequestSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { describe, expect, test } from "vitest";
import { createEchoAuth } from "../../../support/echo-server.ts";
import { echoService, methodOf } from "../../../support/echo-service.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../../../support/tokens.ts";

const key = createSigningKey("ES256", "key-1");
const issuer = { issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } } };
const { PUBLIC, OPTIONAL, AUTHENTICATED } = Access;
const service = echoService({
  Public: { policy: { access: PUBLIC } },
  Optional: { policy: { access: OPTIONAL } },
  Plain: { policy: { access: AUTHENTICATED } },
  Owner: { policy: { access: AUTHENTICATED, rule: "request.text == principal.subject" } },
  Scoped: { policy: { access: AUTHENTICATED, scopes: ["admin"] } },
});
const METHOD = "test.v1.EchoService";
const token = signToken(key);

function setUp(options: Partial<Parameters<typeof createEchoAuth>[1]> = {}) {
  return createEchoAuth(service, { issuers: [issuer], ...options });
}

const PASSED = { result: "passed" };
const NOT_NEEDED = { result: "not_needed" };

describe("an explanation", () => {
  test("of a call that is allowed has who makes it, and every step", async () => {
    const { auth } = setUp();
    const explanation = await auth.explain({
      token,
      method: `${METHOD}/Owner`,
      message: { text: "usr_ada" },
    });
    expect(explanation).toMatchObject({
      verdict: "allowed",
      method: "test.v1.EchoService/Owner",
      isShadow: false,
      reason: undefined,
      check: undefined,
      rule: "request.text == principal.subject",
      place: "test/v1/echo.proto",
      principal: { subject: "usr_ada", scopes: ["read", "write"] },
    });
    expect(explanation.steps.map(({ step, result }) => `${step} ${result}`)).toEqual([
      "policy passed",
      "token passed",
      "issuer passed",
      "signature passed",
      "claims passed",
      "time passed",
      "revocation passed",
      "conditions passed",
      "rule passed",
    ]);
  });

  test("of a call that is denied has the check, what it needed and what came, and where the others end", async () => {
    const { auth } = setUp();
    const explanation = await auth.explain({ token, method: `${METHOD}/Scoped` });
    expect(explanation).toMatchObject({
      verdict: "denied",
      reason: "INSUFFICIENT_SCOPE",
      detail: "the token lacks a scope that the method needs",
      check: "scopes",
      expected: "admin",
      got: "read, write",
      principal: { subject: "usr_ada" },
    });
    expect(explanation.steps).toMatchObject([
      ...Array(7).fill(PASSED),
      { step: "conditions", result: "denied" },
      { step: "rule", result: "not_needed" },
    ]);
    const rule = await auth.explain({ token, method: `${METHOD}/Owner`, message: '{"text":"usr_bob"}' });
    expect(rule).toMatchObject({
      reason: "POLICY_DENIED",
      check: "rule",
      expected: "test/v1/echo.proto: request.text == principal.subject",
    });
  });

  test("of a call without a token says whether one is needed", async () => {
    const { auth } = setUp();
    expect(await auth.explain({ method: `/${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "TOKEN_MISSING",
      check: "token_missing",
      steps: [PASSED, { step: "token", result: "denied" }, ...Array(7).fill(NOT_NEEDED)],
    });
    expect(await auth.explain({ method: methodOf(service, "Optional") })).toMatchObject({
      verdict: "allowed",
      principal: undefined,
      steps: [PASSED, PASSED, ...Array(7).fill(NOT_NEEDED)],
    });
    expect(await auth.explain({ token: "garbage", method: `${METHOD}/Public` })).toMatchObject({
      verdict: "allowed",
      steps: [PASSED, ...Array(8).fill(NOT_NEEDED)],
    });
  });

  test("is frozen and plain, and has neither the token nor its claims", async () => {
    const { auth } = setUp();
    const secret = signToken(key, goodClaims({ email: "ada@example.com" }));
    const explanation = await auth.explain({ token: secret, method: `${METHOD}/Plain` });
    expect(Object.isFrozen(explanation) && Object.isFrozen(explanation.steps)).toBe(true);
    expect(explanation.steps.every(Object.isFrozen)).toBe(true);
    expect(Object.getPrototypeOf(explanation)).toBe(Object.prototype);
    const text = JSON.stringify(explanation);
    expect(text).not.toContain("ada@example.com");
    expect(secret.split(".").filter((part) => text.includes(part))).toEqual([]);
  });

  test("holds for another time", async () => {
    const { auth } = setUp();
    const at = (seconds: number) =>
      auth.explain({ token, method: `${METHOD}/Plain`, nowMs: (ISSUED_AT_SECONDS + seconds) * 1000 });
    expect(await at(700)).toMatchObject({
      check: "expiry",
      expected: "exp less than 5 s ago",
      got: "100 s ago",
    });
    expect(await at(-60)).toMatchObject({ check: "not_before", got: "60 s ahead" });
    expect(await at(60)).toMatchObject({ verdict: "allowed" });
  });

  test("denies what a service in shadow mode lets pass, and says that it does", async () => {
    const { auth, events } = setUp({ enforce: new Map([[service, "shadow" as const]]) });
    expect(await auth.explain({ method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      isShadow: true,
    });
    expect(events).toEqual([]);
  });

  test("counts nothing against the limit of bad tokens, and remembers nothing", async () => {
    const counted: string[] = [];
    const decided: string[] = [];
    const { auth } = setUp({
      tokenFailureLimit: { assertAllowed: () => {}, take: (peer) => void counted.push(peer) },
      observe: { callDecided: ({ method }) => void decided.push(method) },
    });
    await auth.explain({ token: `${token}x`, method: `${METHOD}/Plain` });
    await auth.explain({ token, method: `${METHOD}/Plain` });
    expect([counted, decided]).toEqual([[], []]);
  });

  test("says that the server would fail where it would", async () => {
    const source = {
      find: () => Promise.reject(new RangeError("the key store is broken")),
      isTrusted: () => false,
    };
    const { auth, errors } = setUp({ issuers: [{ ...issuer, keys: { source } }] });
    expect(await auth.explain({ token, method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "INTERNAL",
      detail: "the key store is broken",
    });
    expect(errors).toEqual([]);
  });

  test.each(
    notEmpty([
      ["of a line feed", "a.b.c\r\nx: y"],
      ["beyond Latin", "a.b.Ⓐ"],
      ["of nothing", ""],
      ["of spaces", "   "],
      ["of a null", "\0"],
      ["of a megabyte", "a".repeat(1_000_000)],
      ["by the name of a prototype", "__proto__.constructor.toString"],
    ]),
  )("is made of a token %s, too", async (_name, text) => {
    const { auth } = setUp();
    expect(await auth.explain({ token: text, method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "TOKEN_INVALID",
    });
  });
});

describe("what is no call", () => {
  const wrong = {
    "a method that is not served": [
      { method: `${METHOD}/Ownr` },
      'explain: this server serves no method "test.v1.EchoService/Ownr": did you mean test.v1.EchoService/Owner?',
    ],
    "a method by the name of a prototype": [
      { method: "__proto__" },
      'explain: this server serves no method "__proto__"; it has test.v1.EchoService/Optional, test.v1.EchoService/Owner, ' +
        "test.v1.EchoService/Plain, test.v1.EchoService/Public, test.v1.EchoService/Scoped",
    ],
    "a method of another server": [
      { method: methodOf(echoService({ Plain: { policy: { access: PUBLIC } } }), "Plain") },
      "explain: the method is none that this server serves",
    ],
    "a field that the message does not have": [
      { method: `${METHOD}/Owner`, message: { txt: "a" } },
      'explain: message is no JSON of test.v1.Echo: cannot decode message test.v1.Echo from JSON: key "txt" is unknown',
    ],
    "text that is no JSON": [
      { method: `${METHOD}/Owner`, message: "{text" },
      "explain: message is no JSON of test.v1.Echo: ",
    ],
    "another message": [
      { method: `${METHOD}/Owner`, message: create(RefreshRequestSchema) },
      "explain: the method takes a test.v1.Echo, and message is a countersign.auth.v1.RefreshRequest",
    ],
    "a token that is no text": [
      { method: `${METHOD}/Owner`, token: 7 },
      "explain: token must be text, or undefined for a call without one, and is number",
    ],
    "a time that is none": [
      { method: `${METHOD}/Owner`, nowMs: Number.NaN },
      "explain: nowMs must be a number of milliseconds since 1970, and is NaN",
    ],
    "an option that there is not": [
      { method: `${METHOD}/Owner`, mesage: {} },
      "explain has no option mesage: did you mean message?",
    ],
  } as const;
  test.each(notEmpty(Object.entries(wrong)))(
    "%s is a mistake, and named",
    async (_name, [options, message]) => {
      const { auth } = setUp();
      const explain = auth.explain as (options: unknown) => Promise<unknown>;
      const rejected = explain(options);
      await expect(rejected).rejects.toThrow(TypeError);
      await expect(rejected).rejects.toThrow(message);
    },
  );
});
