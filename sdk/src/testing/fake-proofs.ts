import type { ConnectError } from "@connectrpc/connect";
import { createRefusal } from "./fake-refusal.ts";

/** Looks at DPoP proofs (RFC 9449), without cryptography: which key a proof is of, and whether it is new. */
export interface FakeProofs {
  /** Ask for a nonce in each proof from now on; the one of before is then over. */
  readonly setNonce: (nonce: string | undefined) => void;
  /**
   * Name the key of the proof in the headers of a call; `undefined` when there is none.
   *
   * @throws ConnectError `DPOP_PROOF_INVALID`, `DPOP_NONCE_REQUIRED`
   */
  readonly keyOf: (header: Headers) => string | undefined;
}

/** Create what looks at the proofs of a fake server. */
export function createFakeProofs(): FakeProofs {
  const seen = new Set<unknown>();
  let nonce: string | undefined;
  return {
    setNonce(value) {
      nonce = value;
    },
    keyOf(header) {
      const proof = header.get("dpop");
      if (proof === null) {
        return undefined;
      }
      const [{ typ, jwk }, { jti, htm, htu, iat, nonce: given }] = readParts(proof);
      const isWhole = [jti, htm, htu].every((value) => typeof value === "string") && typeof iat === "number";
      if (typ !== "dpop+jwt" || !isWhole || seen.has(jti)) {
        throw createRefusal("DPOP_PROOF_INVALID");
      }
      if (nonce !== undefined && given !== nonce) {
        throw withHeader(createRefusal("DPOP_NONCE_REQUIRED"), nonce);
      }
      seen.add(jti);
      return JSON.stringify(jwk);
    },
  };
}

function withHeader(refusal: ConnectError, nonce: string): ConnectError {
  refusal.metadata.set("dpop-nonce", nonce);
  return refusal;
}

type Members = Readonly<Record<string, unknown>>;

function readParts(proof: string): readonly [Members, Members] {
  try {
    const [header, claims] = proof.split(".").slice(0, 2).map(readPart);
    if (header !== undefined && claims !== undefined) {
      return [header, claims];
    }
  } catch {
    // No JSON: refused below.
  }
  throw createRefusal("DPOP_PROOF_INVALID");
}

/** What it holds is looked at member by member: hence the cast. */
function readPart(part: string): Members {
  return JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/"))) as Members;
}
