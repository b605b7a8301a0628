import { type Compression, compressionNegotiate } from "../connect-protocol.ts";

/** Chooses how answers are compressed from what a caller accepts; null: not at all, `undefined`: for others to say. */
export type Negotiation = (
  accepted: string | readonly string[] | undefined,
) => Compression | null | undefined;

/** Few clients write this header in more than one way. */
const MAX_REMEMBERED = 64;

/** Create a choice that remembers what it chose, because callers keep saying the same. */
export function createNegotiation(available: readonly Compression[]): Negotiation {
  const chosen = new Map<string, Compression | null>();
  return (accepted) => {
    if (accepted === undefined) {
      return null;
    }
    if (typeof accepted !== "string") {
      return undefined;
    }
    const known = chosen.get(accepted);
    if (known !== undefined) {
      return known;
    }
    const { response } = compressionNegotiate([...available], null, accepted, "");
    if (chosen.size < MAX_REMEMBERED) {
      chosen.set(accepted, response);
    }
    return response;
  };
}
