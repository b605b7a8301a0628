import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { callerOf, optionalPrincipalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { KeySource } from "../../../server/gate/src/keys/key-source.ts";
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
    const source: KeySource = {
      find: () => {
        throw new Error("broken");
      },
      isTrusted: () => true,
    };
    const issuers = [{ ...issuer, keys: { source } }];
    const { decide } = setUpGate({ issuers, enforce: new Map([[service, "shadow" as const]]) });
    expect(await decide("Call", { authorization })).toMatchObject({ code: Code.Internal });
  });

  test("is for the services that are named", async () => {
    const { decide } = setUpGate({ enforce: new Map([[service, "deny" as const]]) });
    expect(await decide("Call")).toMatchObject({ reason: "TOKEN_MISSING" });
  });
});
