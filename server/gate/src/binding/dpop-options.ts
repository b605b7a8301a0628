import { assertPositive } from "../kernel/limits.ts";
import { assertOptions, NUMBER, OBJECT, type OptionForm, required } from "../kernel/option-forms.ts";
import type { NonceSettings } from "./proof-nonces.ts";

/** How DPoP proofs ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)) are judged. */
export interface DpopOptions {
  /** How far the time of a proof may lie from that of the server, in either direction, in seconds. At most 600. Default: 60. */
  readonly proofWindowSeconds?: number | undefined;
  /**
   * How many proofs are remembered, so that none is taken twice: each for three times the window at the most, with about
   * 60 bytes. While there is no room for another one, calls with a proof get `RATE_LIMITED`. Default: 1,000,000, which is
   * enough for 5,500 calls in a second.
   */
  readonly maxRememberedProofs?: number | undefined;
  /**
   * Has clients put a nonce of the server into each proof: a proof that was made ahead, or for another server, is then worth
   * nothing. Each client makes one call more for each nonce. Default: none.
   */
  readonly nonces?: DpopNonceOptions | undefined;
}

/** The nonces of the servers of one origin. */
export interface DpopNonceOptions {
  /** 32 random bytes, the same at all servers of one origin. */
  readonly secret: Uint8Array;
  /** For how long a nonce is given out, in seconds; it is taken for as long again. Default: 300. */
  readonly lifeSeconds?: number | undefined;
}

/** The options, each of which has a value. */
export interface ResolvedDpopOptions {
  readonly windowSeconds: number;
  readonly maxRemembered: number;
  readonly nonces: NonceSettings | undefined;
}

const MAX_WINDOW_SECONDS = 600;
const DEFAULT_WINDOW_SECONDS = 60;
/** About 60 MB, all of it only while that many calls are made: a core checks the proofs of fewer. */
const DEFAULT_MAX_REMEMBERED_PROOFS = 1_000_000;
const DEFAULT_NONCE_LIFE_SECONDS = 300;
const SECRET_BYTES = 32;

const FORMS = {
  proofWindowSeconds: {
    says: `must be more than 0 and at most ${MAX_WINDOW_SECONDS} seconds`,
    accepts: (value) => typeof value === "number" && value > 0 && value <= MAX_WINDOW_SECONDS,
  },
  maxRememberedProofs: NUMBER,
  nonces: OBJECT,
} satisfies Record<keyof DpopOptions, OptionForm>;

const NONCE_FORMS = {
  secret: required({
    says: `must be a Uint8Array of ${SECRET_BYTES} bytes`,
    accepts: (value) => value instanceof Uint8Array && value.length === SECRET_BYTES,
  }),
  lifeSeconds: {
    says: "must be 10 to 86,400 seconds",
    accepts: (value) => typeof value === "number" && value >= 10 && value <= 86_400,
  },
} satisfies Record<keyof DpopNonceOptions, OptionForm>;

/** Fill in the defaults of option `dpop`. @param what has the option, for errors. @throws TypeError when one makes no sense */
export function resolveDpopOptions(what: string, given: DpopOptions = {}): ResolvedDpopOptions {
  assertOptions(what, given, FORMS);
  const { proofWindowSeconds = DEFAULT_WINDOW_SECONDS, nonces } = given;
  const { maxRememberedProofs = DEFAULT_MAX_REMEMBERED_PROOFS } = given;
  assertPositive(`${what}.maxRememberedProofs`, maxRememberedProofs);
  return {
    windowSeconds: proofWindowSeconds,
    maxRemembered: maxRememberedProofs,
    nonces: nonces && resolveNonces(`${what}.nonces`, nonces),
  };
}

function resolveNonces(what: string, given: DpopNonceOptions): NonceSettings {
  assertOptions(what, given, NONCE_FORMS);
  // A copy: the caller may clear its own.
  return { secret: given.secret.slice(), lifeSeconds: given.lifeSeconds ?? DEFAULT_NONCE_LIFE_SECONDS };
}
