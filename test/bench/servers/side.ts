import type { PublicKeys } from "../fixture/tokens.ts";

/** Starts a server on a free port of this machine, and says which. @param before where the earlier build is */
export type StartSide = (keys: PublicKeys, before: string) => Promise<number>;
