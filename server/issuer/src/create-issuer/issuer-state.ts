import type { Store } from "../store/database.ts";
import type { IssuerContext } from "./issuer-context.ts";

/** The state that an issuer is in, for who operates it. Times are in milliseconds since 1970. */
export interface IssuerState {
  /** Up to when all that is revoked is known. */
  readonly revocationsReadAtMs: number;
  /** Since when the key signs that signs now. */
  readonly signingKeySinceMs: number;
  /** Undefined: the store has no pool of connections. */
  readonly storeConnections: ReturnType<Store["connections"]>;
}

/** Look at the state of an issuer. */
export function readState({ revocations, keyRing, store }: IssuerContext): IssuerState {
  return {
    revocationsReadAtMs: revocations.readAtMs(),
    signingKeySinceMs: keyRing.signingSinceMs(),
    storeConnections: store.connections(),
  };
}
