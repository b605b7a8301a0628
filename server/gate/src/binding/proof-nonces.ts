import { after } from "../kernel/after.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ProofCrypto } from "./proof-crypto.ts";

/** How servers of one origin agree on nonces. */
export interface NonceSettings {
  /** 32 random bytes, the same at all servers of one origin. */
  readonly secret: Uint8Array;
  /** For how long a nonce is given out, in seconds; it is taken for as long again. */
  readonly lifeSeconds: number;
}

/** The nonces of one moment. */
export interface Nonces {
  /** The one that clients get now. */
  readonly current: string;
  /** Check whether a nonce is taken: the current one, the one before, and the next one, which a server may give whose clock is ahead. */
  has(nonce: unknown): boolean;
}

/** Finds the nonces of now. */
export type FindNonces = () => Nonces | Promise<Nonces>;

/**
 * Create what makes the nonces of a server ([RFC 9449 §8](https://www.rfc-editor.org/rfc/rfc9449#section-8)). They are kept
 * nowhere: each is the HMAC of the number of its period, so that a server takes what another one has given.
 */
export function createNonces(
  { secret, lifeSeconds }: NonceSettings,
  { mac }: Pick<ProofCrypto, "mac">,
  { nowMs }: Pick<Clock, "nowMs">,
): FindNonces {
  const nonceOf = (period: number) => mac(secret, `countersign dpop nonce ${period}`);
  let known: { readonly period: number; readonly nonces: Nonces } | undefined;
  return () => {
    const period = Math.floor(nowMs() / (lifeSeconds * 1_000));
    if (known?.period === period) {
      return known.nonces;
    }
    return after(nonceOf(period - 1), (before) =>
      after(nonceOf(period), (current) =>
        after(nonceOf(period + 1), (next) => {
          const taken: readonly unknown[] = [before, current, next];
          const nonces = { current, has: (nonce: unknown) => taken.includes(nonce) };
          known = { period, nonces };
          return nonces;
        }),
      ),
    );
  };
}
