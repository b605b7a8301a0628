import { describe, expect, it } from "vitest";
import { AuthError, type AuthReason } from "../../../server/gate/src/errors/auth-error.ts";
import { toOAuthError } from "../../../server/issuer/src/oauth2/oauth-error.ts";

describe("an error of ours", () => {
  const outages: readonly (readonly [AuthReason, number | undefined, number, string])[] = [
    ["AUTH_UNAVAILABLE", undefined, 503, "1"],
    ["AUTH_UNAVAILABLE", 2_001, 503, "3"],
    ["RATE_LIMITED", 0, 429, "1"],
    ["RATE_LIMITED", 60_000, 429, "60"],
  ];
  for (const [reason, retryAfterMs, status, seconds] of outages) {
    it(`${reason} says to come back in ${seconds} s, and never that the token is wrong`, () => {
      const error = new AuthError(reason, "m", retryAfterMs === undefined ? {} : { retryAfterMs });
      expect(toOAuthError(error)).toMatchObject({
        code: "temporarily_unavailable",
        status,
        headers: { "retry-after": seconds },
      });
    });
  }

  const refusals: Readonly<Record<Exclude<AuthReason, "RATE_LIMITED" | "AUTH_UNAVAILABLE">, string | null>> =
    {
      CREDENTIALS_INVALID: "invalid_grant",
      REFRESH_TOKEN_INVALID: "invalid_grant",
      SESSION_REVOKED: "invalid_grant",
      INSUFFICIENT_SCOPE: "invalid_scope",
      POLICY_DENIED: "unauthorized_client",
      TOKEN_MISSING: null,
      TOKEN_INVALID: null,
      TOKEN_EXPIRED: null,
      STREAM_EXPIRED: null,
      REAUTH_REQUIRED: null,
      DPOP_PROOF_INVALID: "invalid_dpop_proof",
      DPOP_NONCE_REQUIRED: "use_dpop_nonce",
      BINDING_REQUIRED: null,
      SERVER_DRAINING: null,
    };
  for (const [reason, code] of Object.entries(refusals)) {
    it(`${reason} is called ${code ?? "nothing: the endpoints do not expect it"}`, () => {
      const error = toOAuthError(new AuthError(reason as AuthReason, "m"));
      if (code === null) {
        expect(error).toBeUndefined();
      } else {
        expect(error).toMatchObject({ code, status: 400, message: "m" });
      }
    });
  }
});

it("an error that nobody expected says nothing", () => {
  expect(toOAuthError(new Error("secret"))).toBeUndefined();
});
