import { createRefusal } from "../errors/refusal.ts";

/** From when until when a token is good, in seconds since 1970. */
export interface TokenTimes {
  /** The later of claims `iat` and `nbf`. */
  readonly notBeforeSeconds: number;
  /** Claim `exp`. */
  readonly expiresAtSeconds: number;
}

/**
 * Hold the times of a token against the clock
 * ([RFC 7519 §4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)): when it is verified, and again
 * whenever its verdict is remembered, because clocks are also set back.
 *
 * @param times from when until when it is good
 * @param nowSeconds the time, in seconds since 1970
 * @param toleranceSeconds how far the clocks of issuer and server may lie apart
 * @throws AuthError `TOKEN_INVALID` before, `TOKEN_EXPIRED` after
 */
export function assertTimely(times: TokenTimes, nowSeconds: number, toleranceSeconds: number): void {
  // Negated comparisons: a time that is no number refuses.
  if (!(nowSeconds + toleranceSeconds >= times.notBeforeSeconds)) {
    throw createRefusal("TOKEN_INVALID", "the token is not valid yet", {
      facts: {
        check: "not_before",
        expected: `the later of iat and nbf at most ${toleranceSeconds} s ahead`,
        got: `${toSeconds(times.notBeforeSeconds - nowSeconds)} s ahead`,
      },
    });
  }
  if (!(nowSeconds - toleranceSeconds < times.expiresAtSeconds)) {
    throw createRefusal("TOKEN_EXPIRED", "the token has expired", {
      facts: {
        check: "expiry",
        expected: `exp less than ${toleranceSeconds} s ago`,
        got: `${toSeconds(nowSeconds - times.expiresAtSeconds)} s ago`,
      },
    });
  }
}

/** To the millisecond: what clocks lie apart is no more exact. */
function toSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
