import { type DpopOptions, type ResolvedDpopOptions, resolveDpopOptions } from "./dpop-options.ts";
import { resolvePublicUrls } from "./public-urls.ts";

/** What the proofs of a server are judged by. */
export interface ProofSettings extends ResolvedDpopOptions {
  /** The URLs under which clients reach the server, without a slash at the end. None: it takes no proofs. */
  readonly publicUrls: readonly string[];
}

/** The options of a server that are about proofs. */
interface ProofOptions {
  readonly publicUrls?: readonly string[] | undefined;
  readonly dpop?: DpopOptions | undefined;
}

/** Fill in their defaults. @param what has the options, for errors. @throws TypeError when one makes no sense */
export function resolveProofSettings(what: string, { publicUrls, dpop }: ProofOptions): ProofSettings {
  return {
    publicUrls: resolvePublicUrls(`${what}: publicUrls`, publicUrls),
    ...resolveDpopOptions(`${what}: dpop`, dpop),
  };
}
