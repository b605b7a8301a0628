import type { PublicKeys } from "../fixture/tokens.ts";

/** Starts a server on a free port of this machine, and says which. */
export type StartSide = (keys: PublicKeys) => Promise<number>;
