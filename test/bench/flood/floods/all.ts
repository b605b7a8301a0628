import type { Flood } from "../flood.ts";
import { BODY_FLOODS } from "./bodies.ts";
import { CONNECTION_FLOODS } from "./connections.ts";
import { SIGN_IN_FLOODS } from "./sign-ins.ts";
import { STREAM_FLOODS } from "./streams.ts";
import { TOKEN_FLOODS } from "./tokens.ts";

/** All kinds of floods, in the order in which they run. */
export const ALL_FLOODS: readonly Flood[] = [
  ...TOKEN_FLOODS,
  ...SIGN_IN_FLOODS,
  ...CONNECTION_FLOODS,
  ...BODY_FLOODS,
  ...STREAM_FLOODS,
];
