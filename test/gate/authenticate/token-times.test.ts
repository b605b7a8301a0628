import { describe, expect, test } from "vitest";
import { assertTimely } from "../../../server/gate/src/authenticate/token-times.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";

const TIMES = { notBeforeSeconds: 1000, expiresAtSeconds: 2000 };
const EARLY = new AuthError("TOKEN_INVALID", "the token is not valid yet");
const LATE = new AuthError("TOKEN_EXPIRED", "the token has expired");

describe("the times of a token (S4, R23, R24)", () => {
  for (const tolerance of [0, 5]) {
    const cases = [
      { at: 1000 - tolerance - 0.001, error: EARLY },
      { at: 1000 - tolerance, error: undefined },
      { at: 1500, error: undefined },
      { at: 2000 + tolerance - 0.001, error: undefined },
      { at: 2000 + tolerance, error: LATE },
    ];
    for (const { at, error } of cases) {
      test(`at ${at} with a tolerance of ${tolerance} s: ${error?.reason ?? "good"}`, () => {
        const run = () => assertTimely(TIMES, at, tolerance);
        if (error === undefined) {
          expect(run).not.toThrow();
          return;
        }
        expect(run).toThrowError(error);
        expect(run).toThrowError(expect.objectContaining({ reason: error.reason }));
      });
    }
  }

  test("a time that is no number refuses every token", () => {
    expect(() => assertTimely(TIMES, Number.NaN, 5)).toThrowError(
      expect.objectContaining({ reason: "TOKEN_INVALID" }),
    );
    const times = { ...TIMES, expiresAtSeconds: Number.NaN };
    expect(() => assertTimely(times, 1500, 5)).toThrowError(
      expect.objectContaining({ reason: "TOKEN_EXPIRED" }),
    );
  });
});
