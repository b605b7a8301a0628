import type { DpopOptions } from "@countersign/server";
import { resolveDpopOptions } from "@countersign/server/internal";
import { deriveKey } from "../keys/seal.ts";
import type { IssuerContext } from "./issuer-context.ts";

/** Whose nonces an issuer goes by. */
export interface OwnNonces {
  /** DPoP proofs need a nonce of the servers on the store. Default: as option `dpop` says. */
  readonly dpopNonces?: boolean | undefined;
}

interface JudgedProofs {
  readonly context: IssuerContext;
  /** For `dpop` of `createAuth`: gates beside the issuer ask for the same nonces. */
  readonly dpop: DpopOptions;
}

/** Have DPoP proofs need a nonce whose key comes from the secret of the store: all servers on it take each other's. */
export function askForNonces(context: IssuerContext, { dpopNonces = false }: OwnNonces): JudgedProofs {
  if (!dpopNonces) {
    return { context, dpop: {} };
  }
  const dpop = { nonces: { secret: deriveKey(context.secret, "dpop-nonce") } };
  const options = { ...context.options, dpop: resolveDpopOptions("option dpop of openIssuer", dpop) };
  return { context: { ...context, options }, dpop };
}
