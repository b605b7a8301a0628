import { Code, ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { AuthReasonSchema } from "@countersign/gen/countersign/auth/v1/errors_pb.js";
import { describe, expect, test } from "vitest";
import { toConnectError, toWireError } from "../../../server/gate/src/connect/error-contract.ts";
import { AuthError, type AuthReason } from "../../../server/gate/src/errors/auth-error.ts";
import { createSharedError } from "../../../server/gate/src/errors/shared-error.ts";
import { methodOf } from "../../support/echo-service.ts";
import { seenIn, service } from "./fixtures.ts";

const method = methodOf(service, "Call");
const proofChallengeOf = (code: string) =>
  `${challengeOf(code).replace("Bearer", "DPoP")}, algs="ES256 EdDSA Ed25519 PS256 RS256"`;
const challengeOf = (code: string) =>
  `Bearer realm="countersign", error="${code}", error_description="the rule"`;

/** What an error is over Connect and over gRPC. */
const toWire = (error: ConnectError) => [
  JSON.stringify(errorToJson(error, {})),
  [...setTrailerStatus(new Headers(), error)],
];

/** What callers learn in place of the rule, which would be a guide to forgers. */
const SPARE_MESSAGES: ReadonlyMap<string, string> = new Map([
  ["TOKEN_INVALID", "the access token is not valid"],
  ["DPOP_PROOF_INVALID", "the DPoP proof is not valid"],
]);

/** Reason, code, challenge. */
const contract: Readonly<Record<AuthReason, readonly [code: Code, challenge: string | null]>> = {
  TOKEN_MISSING: [Code.Unauthenticated, 'Bearer realm="countersign"'],
  TOKEN_INVALID: [
    Code.Unauthenticated,
    challengeOf("invalid_token").replace("the rule", "the access token is not valid"),
  ],
  TOKEN_EXPIRED: [Code.Unauthenticated, challengeOf("invalid_token")],
  SESSION_REVOKED: [Code.Unauthenticated, challengeOf("invalid_token")],
  STREAM_EXPIRED: [Code.Unauthenticated, challengeOf("invalid_token")],
  DPOP_PROOF_INVALID: [
    Code.Unauthenticated,
    proofChallengeOf("invalid_dpop_proof").replace("the rule", "the DPoP proof is not valid"),
  ],
  DPOP_NONCE_REQUIRED: [Code.Unauthenticated, proofChallengeOf("use_dpop_nonce")],
  BINDING_REQUIRED: [Code.PermissionDenied, proofChallengeOf("invalid_token")],
  CREDENTIALS_INVALID: [Code.Unauthenticated, null],
  REFRESH_TOKEN_INVALID: [Code.Unauthenticated, null],
  INSUFFICIENT_SCOPE: [Code.PermissionDenied, challengeOf("insufficient_scope")],
  POLICY_DENIED: [Code.PermissionDenied, null],
  REAUTH_REQUIRED: [Code.PermissionDenied, challengeOf("insufficient_user_authentication")],
  RATE_LIMITED: [Code.ResourceExhausted, null],
  AUTH_UNAVAILABLE: [Code.Unavailable, null],
  SERVER_DRAINING: [Code.Unavailable, null],
};

describe("the error contract (S6, R32, R38–R41)", () => {
  test("has the reasons of errors.proto, by the names that are on the wire", () => {
    const [none, ...reasons] = AuthReasonSchema.values.map(({ localName }) => localName);
    expect(none).toBe("UNSPECIFIED");
    expect(new Set(reasons)).toEqual(new Set(Object.keys(contract)));
  });

  for (const [reason, [code, challenge]] of Object.entries(contract)) {
    test(`${reason} leaves as ${Code[code]}`, () => {
      const error = new AuthError(reason as AuthReason, "the rule", { metadata: { a: "b" } });
      expect(seenIn(toConnectError(error))).toEqual({
        code,
        challenge,
        reason,
        domain: "countersign",
        metadata: { a: "b" },
        message: SPARE_MESSAGES.get(reason) ?? "the rule",
        retryDelay: code === Code.Unavailable ? 1 : undefined,
      });
    });
  }

  test("says when to try again", () => {
    const delay = (retryAfterMs: number) =>
      seenIn(toConnectError(new AuthError("RATE_LIMITED", "slow down", { retryAfterMs }))).retryDelay;
    expect([0, 1, 999.2, 1000, 61_001, -5].map(delay)).toEqual([0, 0.001, 1, 1, 61.001, 0]);
    const header = (error: AuthError) => toConnectError(error).metadata.get("retry-after");
    const afterMs = (retryAfterMs: number) =>
      header(new AuthError("RATE_LIMITED", "slow down", { retryAfterMs }));
    expect([0, 1, 999.2, 1000, 61_001, -5].map(afterMs)).toEqual(["0", "1", "1", "1", "62", "0"]);
    expect(header(new AuthError("AUTH_UNAVAILABLE", "down"))).toBe("1");
    expect(header(new AuthError("TOKEN_INVALID", "claim aud"))).toBeNull();
  });

  test("names the scopes, the kinds of sign-in and the age that were asked for in the challenge (RFC 6750 §3, RFC 9470 §3)", () => {
    const scope = new AuthError("INSUFFICIENT_SCOPE", "the rule", { metadata: { scopes: "a b" } });
    expect(seenIn(toConnectError(scope)).challenge).toBe(`${challengeOf("insufficient_scope")}, scope="a b"`);
    const metadata = { max_age: "60", acr_values: "urn:mfa urn:key" };
    const age = new AuthError("REAUTH_REQUIRED", "the rule", { metadata });
    expect(seenIn(toConnectError(age)).challenge).toBe(
      `${challengeOf("insufficient_user_authentication")}, acr_values="urn:mfa urn:key", max_age="60"`,
    );
  });

  test("writes only characters that a challenge may hold (R41)", () => {
    const scopes = 'a"b\\c\r\nd\u00e9\x7f~!#[]';
    const error = new AuthError("INSUFFICIENT_SCOPE", 'line\r\nfeed"\\', { metadata: { scopes } });
    expect(seenIn(toConnectError(error)).challenge).toBe(
      'Bearer realm="countersign", error="insufficient_scope", error_description="linefeed", scope="abcd~!#[]"',
    );
  });

  test("answers a token with a proof in its own scheme, and hands over a nonce once (RFC 9449 §7.1, §8)", () => {
    const expired = toConnectError(new AuthError("TOKEN_EXPIRED", "the rule"), undefined, "DPoP");
    expect(seenIn(expired).challenge).toBe(proofChallengeOf("invalid_token"));
    const metadata = { nonce: "abc" };
    const needed = toConnectError(new AuthError("DPOP_NONCE_REQUIRED", "the rule", { metadata }));
    expect(needed.metadata.get("dpop-nonce")).toBe("abc");
    expect(seenIn(needed).metadata).toEqual(metadata);
    expect(
      toConnectError(new AuthError("TOKEN_INVALID", "the rule", { metadata })).metadata.has("dpop-nonce"),
    ).toBe(false);
  });

  test("encodes the details of an error that many calls share once, the same on the wire, for each call its own", () => {
    const shared = createSharedError("AUTH_UNAVAILABLE", "not now");
    const own = toConnectError(new AuthError("AUTH_UNAVAILABLE", "not now"));
    const [one, other] = [toConnectError(shared), toConnectError(shared)];
    const before = toWire(one);
    expect(before).toEqual(toWire(own));
    one.metadata.set("x", "changed");
    for (const detail of one.details) {
      expect("value" in detail && detail.value instanceof Uint8Array && detail.value.fill(0)).toBeTruthy();
    }
    one.details.pop();
    expect(toWire(other)).toEqual(before);
    expect(toWire(toConnectError(shared))).toEqual(before);
    expect(other.cause).toBe(shared);
  });

  test("never sends the cause", () => {
    const error = toConnectError(new AuthError("TOKEN_INVALID", "claim aud", { cause: new Error("secret") }));
    expect(JSON.stringify([seenIn(error), [...error.metadata]])).not.toMatch(/secret|claim/);
    expect(error.cause).toBeInstanceOf(AuthError);
  });
});

describe("whatever is thrown (S1)", () => {
  const told: unknown[] = [];
  const convert = (error: unknown) =>
    toWireError(error, method, {
      onError: (reported) => void told.push(reported),
      findChallengeHints: () => undefined,
    });

  test("is left alone when a handler meant it for the caller", () => {
    const error = new ConnectError("no such note", Code.NotFound);
    expect(convert(error)).toBe(error);
    expect(convert(new AuthError("POLICY_DENIED", "no")).code).toBe(Code.PermissionDenied);
    expect(told).toEqual([]);
  });

  for (const thrown of [new Error("secret"), "secret", { secret: 1 }, null, undefined]) {
    test(`is reported and leaves as "internal error": ${JSON.stringify(thrown)}`, () => {
      told.length = 0;
      const { code, message, reason } = seenIn(convert(thrown));
      expect({ code, message, reason }).toEqual({
        code: Code.Internal,
        message: "internal error",
        reason: undefined,
      });
      expect(told).toEqual([thrown]);
    });
  }
});
