import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { callerOf, optionalPrincipalOf, principalOf } from "../../../server/src/connect/principal-context.ts";
import { AuthError } from "../../../server/src/errors/auth-error.ts";
import type { KeySource } from "../../../server/src/keys/key-source.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { contextOf, decisionOf, type GateCall, issuer, issuerKey, service } from "./fixtures.ts";

const token = signToken(issuerKey);
const authorization = `Bearer ${token}`;
const CHALLENGE =
  'Bearer realm="countersign", error="invalid_token", error_description="the access token is not valid"';
const INVALID = {
  code: Code.Unauthenticated,
  reason: "TOKEN_INVALID",
  message: "the access token is not valid",
};

function setUp(options: Partial<Parameters<typeof createEchoAuth>[1]> = {}) {
  const echo = createEchoAuth(service, { issuers: [issuer], ...options });
  const decide = (name: string, call: GateCall = {}) =>
    decisionOf(echo.auth.requestGate, contextOf(methodOf(service, name), call));
  return { ...echo, decide };
}

describe("the gate (S1)", () => {
  test("lets a good token pass, and says who calls", async () => {
    const { auth, events } = setUp();
    const context = contextOf(methodOf(service, "Call"), { authorization });
    await auth.requestGate(context);
    expect(principalOf(context).subject).toBe("usr_ada");
    expect(events).toEqual([]);
  });

  test("answers without a promise for a token that it knows", async () => {
    const { auth } = setUp();
    const call = methodOf(service, "Call");
    expect(auth.requestGate(contextOf(call, { authorization }))).toBeInstanceOf(Promise);
    await auth.requestGate(contextOf(call, { authorization }));
    expect(auth.requestGate(contextOf(call, { authorization }))).toBeUndefined();
    expect(auth.requestGate(contextOf(methodOf(service, "Public")))).toBeUndefined();
  });

  test("asks for a token, without an error code when none was sent (R38, R39)", async () => {
    const { decide, events } = setUp();
    expect(await decide("Call")).toEqual({
      code: Code.Unauthenticated,
      message: "the call needs an access token",
      reason: "TOKEN_MISSING",
      domain: "countersign",
      metadata: {},
      retryDelay: undefined,
      challenge: 'Bearer realm="countersign"',
    });
    expect(events).toEqual([
      {
        type: "call_denied",
        method: "test.v1.EchoService/Call",
        reason: "TOKEN_MISSING",
        detail: "the call needs an access token",
      },
    ]);
  });

  test("tells the caller that a token is not valid, and only the audit why (S6)", async () => {
    const { decide, events } = setUp();
    const forged = signToken(issuerKey, goodClaims({ aud: "other" }));
    expect(await decide("Call", { authorization: `Bearer ${forged}` })).toMatchObject({
      ...INVALID,
      challenge: CHALLENGE,
    });
    expect(events).toMatchObject([
      { reason: "TOKEN_INVALID", detail: "claim aud does not name this server" },
    ]);
  });

  test("holds the conditions of the method against the token", async () => {
    const { decide } = setUp();
    expect(await decide("Admin", { authorization })).toMatchObject({
      code: Code.PermissionDenied,
      reason: "INSUFFICIENT_SCOPE",
      metadata: { scopes: "admin" },
    });
    expect(await decide("Fresh", { authorization })).toMatchObject({
      code: Code.PermissionDenied,
      reason: "REAUTH_REQUIRED",
      metadata: { max_age: "60" },
    });
  });

  test("holds them against a token that it knows, too", async () => {
    const { decide } = setUp();
    expect(await decide("Call", { authorization })).toBeUndefined();
    expect(await decide("Admin", { authorization })).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });

  test("looks at no token of a PUBLIC method", async () => {
    const { auth } = setUp();
    const context = contextOf(methodOf(service, "Public"), { authorization: "Basic nonsense" });
    expect(auth.requestGate(context)).toBeUndefined();
    expect(callerOf(context)).toBeUndefined();
  });

  test("refuses a method that it was not told of", async () => {
    const { auth } = setUp();
    const stranger = methodOf(echoService({ Call: {} }), "Call");
    expect(await decisionOf(auth.requestGate, contextOf(stranger, { authorization }))).toMatchObject({
      code: Code.PermissionDenied,
      reason: "POLICY_DENIED",
    });
  });
});

describe("audiences (S3, S4, R16, R53)", () => {
  const fate = async (name: string, aud: unknown) => {
    const { decide, events } = setUp();
    const forAud = `Bearer ${signToken(issuerKey, goodClaims({ aud }))}`;
    const refusal = await decide(name, { authorization: forAud });
    return refusal === undefined ? "passed" : `${refusal.reason}: ${events[0]?.detail}`;
  };

  test("are the server's where a method names none, and the method's where it names some", async () => {
    expect(await fate("Call", "ledger")).toBe("passed");
    expect(await fate("Vault", "vault")).toBe("passed");
    expect(await fate("Vault", ["safe", "other"])).toBe("passed");
    expect(await fate("Vault", ["ledger", "vault"])).toBe("passed");
  });

  test("of a method are good for no other, and the server's are not good for it", async () => {
    expect(await fate("Call", "vault")).toBe("TOKEN_INVALID: claim aud does not name this server");
    expect(await fate("Optional", "vault")).toBe("TOKEN_INVALID: claim aud does not name this server");
    expect(await fate("Vault", "ledger")).toBe("POLICY_DENIED: the token is not meant for this method");
    expect(await fate("Vault", "other")).toBe("TOKEN_INVALID: claim aud does not name this server");
  });
});

describe("OPTIONAL (S3)", () => {
  test("is anonymous without a token", async () => {
    const { auth } = setUp();
    const context = contextOf(methodOf(service, "Optional"));
    expect(auth.requestGate(context)).toBeUndefined();
    expect(optionalPrincipalOf(context)).toBeUndefined();
    expect(() => principalOf(context)).toThrowError(
      new AuthError("TOKEN_MISSING", "the call needs an access token"),
    );
  });

  test("knows who calls with a good token, and refuses a bad one", async () => {
    const { auth, decide } = setUp();
    const context = contextOf(methodOf(service, "Optional"), { authorization });
    await auth.requestGate(context);
    expect(optionalPrincipalOf(context)?.subject).toBe("usr_ada");
    expect(await decide("Optional", { authorization: "Bearer a.b.c" })).toMatchObject(INVALID);
    expect(await decide("Optional", { authorization: "" })).toMatchObject(INVALID);
    expect(await decide("Optional", { authorization: "Basic YTpi" })).toMatchObject(INVALID);
  });
});

describe("where a token may be (S4, R35–R37)", () => {
  const url = `http://127.0.0.1/test.v1.EchoService/Call?access_token=${token}`;
  const twice = ["Authorization", authorization, "authorization", authorization];

  test("is the Authorization header: one in the URL is as if it were not there", async () => {
    const { decide } = setUp();
    expect(await decide("Call", { url })).toMatchObject({ reason: "TOKEN_MISSING" });
    expect(await decide("Optional", { url })).toBeUndefined();
  });

  for (const [what, call] of Object.entries({
    "one in the header and one in the URL": { authorization, url },
    "two headers": { authorization, rawHeaders: twice },
    "two headers, one of them bad": { authorization: "Basic YTpi", rawHeaders: twice },
  })) {
    test(`is not two places: ${what}`, async () => {
      const { decide, events } = setUp();
      expect(await decide("Call", call)).toMatchObject({
        ...INVALID,
        metadata: { error: "invalid_request" },
        challenge:
          'Bearer realm="countersign", error="invalid_request", error_description="the access token is not valid"',
      });
      expect(events).toMatchObject([{ detail: "the token was sent in more than one way" }]);
    });
  }

  test("is one header, whatever else there is", async () => {
    const { decide } = setUp();
    const rawHeaders = [
      "Authorization",
      authorization,
      "x-authorized",
      "a",
      "proxy-authorization",
      "Basic YTpi",
    ];
    expect(await decide("Call", { authorization, rawHeaders })).toBeUndefined();
    const innocent = "http://127.0.0.1/test.v1.EchoService/Call?message=access_token%3D1&no_access_token=1";
    expect(await decide("Call", { authorization, url: innocent })).toBeUndefined();
  });
});

describe("the token behind the gate (S7)", () => {
  const seen = async (name: string, forwardToken: boolean) => {
    const { auth, warnings } = setUp({ forwardToken });
    const context = contextOf(methodOf(service, name), {
      authorization,
      rawHeaders: ["authorization", authorization],
    });
    await auth.requestGate(context);
    return {
      header: context.requestHeader.get("authorization"),
      shown: inspect(context, { depth: 9 }),
      warnings,
    };
  };

  for (const name of ["Call", "Optional", "Public"]) {
    test(`is out of reach in ${name}`, async () => {
      const { header, shown, warnings } = await seen(name, false);
      expect(header).toBeNull();
      expect(shown.includes(token.slice(-20))).toBe(false);
      expect(warnings).toEqual([]);
    });
  }

  test("can be read when it is forwarded, and that is said at start", async () => {
    const { header, warnings } = await seen("Call", true);
    expect(header).toBe(authorization);
    expect(warnings).toEqual(["forwardToken: handlers can read the tokens of callers"]);
  });
});

describe("when identity cannot be told (S1, S6)", () => {
  const withKeys = (find: KeySource["find"], options = {}) =>
    setUp({ issuers: [{ ...issuer, keys: { source: { find, isTrusted: () => true } } }], ...options });

  test("the gate gives up after its time, with Unavailable and when to try again", async () => {
    const { decide } = withKeys(() => new Promise(() => {}), { gateTimeoutMs: 20 });
    expect(await decide("Call", { authorization })).toMatchObject({
      code: Code.Unavailable,
      reason: "AUTH_UNAVAILABLE",
      retryDelay: 1,
      challenge: null,
    });
  });

  test("an outage of keys is Unavailable, never Unauthenticated", async () => {
    const { decide } = withKeys(() => {
      throw new AuthError("AUTH_UNAVAILABLE", "the issuer's keys cannot be had just now", {
        retryAfterMs: 2500,
      });
    });
    expect(await decide("Call", { authorization })).toMatchObject({
      code: Code.Unavailable,
      retryDelay: 2.5,
    });
  });

  for (const thrown of [
    new Error("secret 1"),
    new ConnectError("secret 2", Code.NotFound),
    "secret 3",
    undefined,
  ]) {
    test(`anything that is not ours becomes Internal, is reported, and leaks nothing: ${thrown}`, async () => {
      const { decide, errors, events } = withKeys(() => {
        throw thrown;
      });
      expect(await decide("Call", { authorization })).toMatchObject({
        code: Code.Internal,
        message: "internal error",
        reason: undefined,
      });
      expect(errors).toEqual([thrown]);
      expect(events).toEqual([]);
    });
  }
});

describe("shadow mode (S3, S15)", () => {
  const shadow = () => setUp({ enforce: new Map([[service, "shadow" as const]]) });

  test("lets every call pass, and the audit says what would be denied", async () => {
    const { decide, events, warnings } = shadow();
    expect(await decide("Call")).toBeUndefined();
    expect(await decide("Call", { authorization: "Bearer a.b.c" })).toBeUndefined();
    expect(await decide("Admin", { authorization })).toBeUndefined();
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      "call_would_be_denied TOKEN_MISSING",
      "call_would_be_denied TOKEN_INVALID",
      "call_would_be_denied INSUFFICIENT_SCOPE",
    ]);
    expect(warnings).toEqual(["service test.v1.EchoService is in shadow mode: nothing is denied"]);
  });

  test("knows who calls as far as the token says so", async () => {
    const { auth } = shadow();
    const denied = contextOf(methodOf(service, "Admin"), { authorization });
    await auth.requestGate(denied);
    expect(optionalPrincipalOf(denied)?.subject).toBe("usr_ada");
    const anonymous = contextOf(methodOf(service, "Call"), { authorization: "Bearer a.b.c" });
    await auth.requestGate(anonymous);
    expect(optionalPrincipalOf(anonymous)).toBeUndefined();
    expect(callerOf(anonymous)).toBeDefined();
  });

  test("does not hide errors of the server", async () => {
    const source: KeySource = {
      find: () => {
        throw new Error("broken");
      },
      isTrusted: () => true,
    };
    const issuers = [{ ...issuer, keys: { source } }];
    const { decide } = setUp({ issuers, enforce: new Map([[service, "shadow" as const]]) });
    expect(await decide("Call", { authorization })).toMatchObject({ code: Code.Internal });
  });

  test("is for the services that are named", async () => {
    const { decide } = setUp({ enforce: new Map([[service, "deny" as const]]) });
    expect(await decide("Call")).toMatchObject({ reason: "TOKEN_MISSING" });
  });
});
