import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { callerOf, optionalPrincipalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { KeySource } from "../../../server/gate/src/keys/key-source.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { methodOf } from "../../support/echo-service.ts";
import { signToken } from "../../support/tokens.ts";
import { contextOf, issuer, issuerKey, service, setUpGate } from "./fixtures.ts";

const token = signToken(issuerKey);
const authorization = `Bearer ${token}`;

describe("when identity cannot be told (S1, S6)", () => {
  const withKeys = (find: KeySource["find"], options = {}) =>
    setUpGate({ issuers: [{ ...issuer, keys: { source: { find, isTrusted: () => true } } }], ...options });

  test("the gate gives up after its time, with Unavailable and when to try again", async () => {
    const { decide, clock } = withKeys(() => new Promise(() => {}), { gateTimeoutMs: 2_000 });
    const decided = decide("Call", { authorization });
    clock.advance(2_000);
    expect(await decided).toMatchObject({
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
    test(`a key source that fails is Unavailable, is reported, and leaks nothing: ${thrown}`, async () => {
      const { decide, errors, events } = withKeys(() => {
        return Promise.reject(thrown);
      });
      expect(await decide("Call", { authorization })).toMatchObject({
        code: Code.Unavailable,
        message: "the issuer's keys cannot be had just now",
        reason: "AUTH_UNAVAILABLE",
        challenge: null,
      });
      expect(errors).toMatchObject([
        { message: `the key source of issuer ${issuer.issuer} failed`, cause: thrown },
      ]);
      expect(events).toMatchObject([{ reason: "AUTH_UNAVAILABLE" }]);
    });

    test(`anything else that is not ours becomes Internal, is reported, and leaks nothing: ${thrown}`, async () => {
      const isRevoked = () => {
        throw thrown;
      };
      const { decide, errors, events } = setUpGate({ revocations: { isRevoked } });
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

describe("a key source of the application's that fails when a verdict is used again (S6)", () => {
  test("is Unavailable and reported, and signs no user out", async () => {
    const broken = new RangeError("broken");
    const keys = createStaticKeys({ keys: [issuerKey.jwk] }, ["ES256"]);
    const state = { isBroken: false };
    const source: KeySource = {
      find: keys.find,
      isTrusted(key) {
        if (state.isBroken) {
          throw broken;
        }
        return keys.isTrusted(key);
      },
    };
    const { decide, errors } = setUpGate({ issuers: [{ ...issuer, keys: { source } }] });
    expect(await decide("Call", { authorization })).toBeUndefined();
    state.isBroken = true;
    expect(await decide("Call", { authorization })).toMatchObject({
      code: Code.Unavailable,
      reason: "AUTH_UNAVAILABLE",
    });
    expect(errors).toMatchObject([{ name: "KeySourceError", cause: broken }]);
    state.isBroken = false;
    expect(await decide("Call", { authorization })).toBeUndefined();
  });
});

describe("shadow mode (S3, S15)", () => {
  const shadow = () => setUpGate({ enforce: new Map([[service, "shadow" as const]]) });

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
    const isRevoked = () => {
      throw new Error("broken");
    };
    const { decide } = setUpGate({
      revocations: { isRevoked },
      enforce: new Map([[service, "shadow" as const]]),
    });
    expect(await decide("Call", { authorization })).toMatchObject({ code: Code.Internal });
  });

  test("is for the services that are named", async () => {
    const { decide } = setUpGate({ enforce: new Map([[service, "deny" as const]]) });
    expect(await decide("Call")).toMatchObject({ reason: "TOKEN_MISSING" });
  });
});
