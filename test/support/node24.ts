import { fileURLToPath } from "node:url";

/** The oldest Node that the server promises to run on. It comes with the packages on Linux x64; elsewhere there is none. */
export const NODE_24: string | undefined =
  process.platform === "linux" && process.arch === "x64"
    ? fileURLToPath(new URL("../../node_modules/node24/bin/node", import.meta.url))
    : undefined;
