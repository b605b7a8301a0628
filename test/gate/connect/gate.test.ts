import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import {
  callerOf,
  optionalPrincipalOf,
  principalOf,
} from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { contextOf, decisionOf, issuerKey, service, setUpGate } from "./fixtures.ts";

const token = signToken(issuerKey);
const authorization = `Bearer ${token}`;
const CHALLENGE =
  'Bearer realm="countersign", error="invalid_token", error_description="the access token is not valid"';
const INVALID = {
  code: Code.Unauthenticated,
  reason: "TOKEN_INVALID",
  message: "the access token is not valid",
};

describe("the gate (S1)", () => {
  test("lets a good token pass, and says who calls", async () => {
    const { auth, events } = setUpGate();
    const context = contextOf(methodOf(service, "Call"), { authorization });
    await auth.requestGate(context);
    expect(principalOf(context).subject).toBe("usr_ada");
    expect(events).toEqual([]);
  });

  test("answers without a promise for a token that it knows", async () => {
    const { auth } = setUpGate();
    const call = methodOf(service, "Call");
    expect(auth.requestGate(contextOf(call, { authorization }))).toBeInstanceOf(Promise);
    await auth.requestGate(contextOf(call, { authorization }));
    expect(auth.requestGate(contextOf(call, { authorization }))).toBeUndefined();
    expect(auth.requestGate(contextOf(methodOf(service, "Public")))).toBeUndefined();
  });

  test("refuses without a promise what form or header decide, and writes it down", async () => {
    const { auth, events } = setUpGate();
    const call = methodOf(service, "Call");
    await auth.requestGate(contextOf(call, { authorization }));
    for (const sent of [
      undefined,
      "Basic YTpi",
      "Bearer garbage",
      `Bearer ${signToken({ ...issuerKey, kid: "other" })}`,
    ]) {
      const context = contextOf(call, sent === undefined ? {} : { authorization: sent });
      expect(() => auth.requestGate(context)).toThrowError(ConnectError);
      expect(context.requestHeader.has("authorization")).toBe(false);
    }
    expect(events.map(({ detail }) => detail)).toEqual([
      "the call needs an access token",
      "the authorization header is not one token with a scheme",
      "the token is not three base64url segments",
      "the issuer has no such key",
    ]);
  });

  test("asks for a token, without an error code when none was sent (R38, R39)", async () => {
    const { decide, events } = setUpGate();
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
        check: "token_missing",
        expected: "header authorization: Bearer …",
        got: "absent",
      },
    ]);
  });

  test("tells the caller that a token is not valid, and only the audit why (S6)", async () => {
    const { decide, events } = setUpGate();
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
    const { decide } = setUpGate();
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
    const { decide } = setUpGate();
    expect(await decide("Call", { authorization })).toBeUndefined();
    expect(await decide("Admin", { authorization })).toMatchObject({ reason: "INSUFFICIENT_SCOPE" });
  });

  test("looks at no token of a PUBLIC method", async () => {
    const { auth } = setUpGate();
    const context = contextOf(methodOf(service, "Public"), { authorization: "Basic nonsense" });
    expect(auth.requestGate(context)).toBeUndefined();
    expect(callerOf(context)).toBeUndefined();
  });

  test("refuses a method that it was not told of", async () => {
    const { auth } = setUpGate();
    const stranger = methodOf(echoService({ Call: {} }), "Call");
    expect(await decisionOf(auth.requestGate, contextOf(stranger, { authorization }))).toMatchObject({
      code: Code.PermissionDenied,
      reason: "POLICY_DENIED",
    });
  });
});

describe("audiences (S3, S4, R16, R53)", () => {
  const fate = async (name: string, aud: unknown) => {
    const { decide, events } = setUpGate();
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
    const { auth } = setUpGate();
    const context = contextOf(methodOf(service, "Optional"));
    expect(auth.requestGate(context)).toBeUndefined();
    expect(optionalPrincipalOf(context)).toBeUndefined();
    expect(() => principalOf(context)).toThrowError(
      new AuthError("TOKEN_MISSING", "the call needs an access token"),
    );
  });

  test("knows who calls with a good token, and refuses a bad one", async () => {
    const { auth, decide } = setUpGate();
    const context = contextOf(methodOf(service, "Optional"), { authorization });
    await auth.requestGate(context);
    expect(optionalPrincipalOf(context)?.subject).toBe("usr_ada");
    expect(await decide("Optional", { authorization: "Bearer a.b.c" })).toMatchObject(INVALID);
    expect(await decide("Optional", { authorization: "" })).toMatchObject(INVALID);
    expect(await decide("Optional", { authorization: "Basic YTpi" })).toMatchObject(INVALID);
  });
});
