import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
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
      "sender passed",
      "conditions passed",
      "rule passed",
      "decide not_needed",
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
      got: "[read, write]",
      principal: { subject: "usr_ada" },
    });
    expect(explanation.steps).toMatchObject([
      ...Array(8).fill(PASSED),
      { step: "conditions", result: "denied" },
      { step: "rule", result: "not_needed" },
      { step: "decide", result: "not_needed" },
    ]);
    const rule = await auth.explain({ token, method: `${METHOD}/Owner`, message: '{"text":"usr_bob"}' });
    expect(rule).toMatchObject({
      reason: "POLICY_DENIED",
      check: "rule",
      expected: "test/v1/echo.proto: request.text == principal.subject",
      got: "false",
    });
  });

  test("of a call without a token says whether one is needed", async () => {
    const { auth } = setUp();
    expect(await auth.explain({ method: `/${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "TOKEN_MISSING",
      check: "token_missing",
      steps: [PASSED, { step: "token", result: "denied" }, ...Array(9).fill(NOT_NEEDED)],
    });
    expect(await auth.explain({ method: methodOf(service, "Optional") })).toMatchObject({
      verdict: "allowed",
      principal: undefined,
      steps: [PASSED, PASSED, ...Array(9).fill(NOT_NEEDED)],
    });
    expect(await auth.explain({ token: "garbage", method: `${METHOD}/Public` })).toMatchObject({
      verdict: "allowed",
      steps: [PASSED, ...Array(10).fill(NOT_NEEDED)],
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

  test("says with which error a rule failed, and whether the application decided", async () => {
    const rule = "10 / request.count > 2";
    const divided = echoService({ Call: { policy: { access: AUTHENTICATED, rule } } });
    const { auth } = createEchoAuth(divided, { issuers: [issuer], decide: () => false });
    const explain = (message: object) => auth.explain({ token, method: `${METHOD}/Call`, message });
    expect(await explain({ count: "0" })).toMatchObject({
      check: "rule",
      got: expect.stringMatching(/^error: .*div/),
    });
    const decided = await explain({ count: "1" });
    expect(decided).toMatchObject({
      reason: "POLICY_DENIED",
      check: "decide",
      expected: "true",
      got: "false",
    });
    expect(decided.steps.slice(-2)).toEqual([
      { step: "rule", result: "passed" },
      { step: "decide", result: "denied" },
    ]);
  });

  test("goes by keys that are given, and fetches none", async () => {
    let asked = 0;
    const source = {
      find() {
        asked += 1;
        return undefined;
      },
      isTrusted: () => false,
    };
    const { auth } = setUp({ issuers: [{ ...issuer, keys: { source } }] });
    const explain = (keys: readonly unknown[]) =>
      auth.explain({ token, method: `${METHOD}/Plain`, jwks: { keys } });
    expect(await explain([key.jwk])).toMatchObject({ verdict: "allowed" });
    expect(await explain([])).toMatchObject({ check: "key" });
    expect(await explain([createSigningKey("ES256", "key-1").jwk])).toMatchObject({ check: "signature" });
    expect(asked).toBe(0);
  });

  test("warns of nothing that is odd about a token that no caller has sent", async () => {
    const { auth, warnings } = setUp();
    const odd = signToken(key, goodClaims({ scope: 7, roles: { admin: true } }));
    expect(await auth.explain({ token: odd, method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "allowed",
    });
    expect(warnings).toEqual([]);
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

  test("says that the keys cannot be had where a source of the application's fails, as the server would", async () => {
    const source = {
      find: () => Promise.reject(new RangeError("the key store is broken")),
      isTrusted: () => false,
    };
    const { auth, errors } = setUp({ issuers: [{ ...issuer, keys: { source } }] });
    expect(await auth.explain({ token, method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "AUTH_UNAVAILABLE",
      check: "keys_unavailable",
      got: "error: RangeError",
    });
    expect(errors).toEqual([]);
  });

  test("says that the server would fail where it would", async () => {
    const isRevoked = () => {
      throw new RangeError("the list is broken");
    };
    const { auth, errors } = setUp({ revocations: { isRevoked } });
    expect(await auth.explain({ token, method: `${METHOD}/Plain` })).toMatchObject({
      verdict: "denied",
      reason: "INTERNAL",
      detail: "the list is broken",
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
