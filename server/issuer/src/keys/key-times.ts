/** How long keys live. All in milliseconds. */
export interface KeyRingTimes {
  /** How long an access token lasts: a key verifies that much longer than it signs. */
  readonly accessTtlMs: number;
  /** By how much a verifier's clock may differ. Default 5 s. */
  readonly clockToleranceMs?: number;
  /** How long verifiers may keep the published key set. Default 10 min. */
  readonly jwksMaxAgeMs?: number;
  /** How long a key is published before it signs. Default 24 h, and never less than twice `jwksMaxAgeMs` or `pollMs`. */
  readonly publishBeforeMs?: number;
  /** How long a key signs. Default 30 d. */
  readonly rotateAfterMs?: number;
  /** How often the store is read. Default 5 s. */
  readonly pollMs?: number;
  /** How long after one reading an unknown key may cause another. Default 1 s. */
  readonly unknownKidCooldownMs?: number;
}

/** {@link KeyRingTimes} with every default filled in. */
export type KeyTimes = Required<KeyRingTimes> & {
  /** How long a retired key goes on verifying. */
  readonly retireForMs: number;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/**
 * Fill in the defaults.
 *
 * @throws TypeError when a time is not a positive number
 */
export function resolveKeyTimes(times: KeyRingTimes): KeyTimes {
  const { accessTtlMs, clockToleranceMs = 5 * SECOND, jwksMaxAgeMs = 10 * MINUTE } = times;
  const { rotateAfterMs = 30 * DAY, pollMs = 5 * SECOND, unknownKidCooldownMs = SECOND } = times;
  const publishBeforeMs = Math.max(times.publishBeforeMs ?? DAY, 2 * jwksMaxAgeMs, 2 * pollMs);
  // Another server may sign with a key until it next reads the store.
  const retireForMs = accessTtlMs + clockToleranceMs + jwksMaxAgeMs + 2 * pollMs;
  const given = { accessTtlMs, clockToleranceMs, jwksMaxAgeMs, rotateAfterMs, pollMs, unknownKidCooldownMs };
  for (const [name, value] of Object.entries(given)) {
    if (!(value >= 0) || !Number.isFinite(value)) {
      throw new TypeError(`${name} must be a number of milliseconds`);
    }
  }
  return {
    accessTtlMs,
    clockToleranceMs,
    jwksMaxAgeMs,
    rotateAfterMs,
    pollMs,
    unknownKidCooldownMs,
    publishBeforeMs,
    retireForMs,
  };
}
