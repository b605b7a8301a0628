import { requestHeader } from "./connect-protocol.ts";

/**
 * The releases of Connect with which `test/differential` finds no difference between the fast path and Connect's
 * handler.
 */
export const PROVEN_VERSIONS: readonly string[] = ["2.2.0", "2.3.0"];

/**
 * Find out which release of Connect runs. `undefined`: it does not say.
 *
 * Its clients carry the number in their User-Agent. Unlike package.json it is part of the code, and so also there
 * when everything was bundled into one file.
 */
export function readConnectVersion(createHeader: typeof requestHeader = requestHeader): string | undefined {
  try {
    const userAgent = createHeader(true, undefined, undefined).get("user-agent") ?? "";
    return /^connect-es\/(\S+)$/.exec(userAgent)?.[1];
  } catch {
    // A release without this function, or where it takes other arguments, is one that test/differential has not run
    // with.
    return undefined;
  }
}

/** Find why the fast path does not serve with a release of Connect; `undefined` when it does. */
export function findVersionFault(version: string | undefined): string | undefined {
  if (version !== undefined && PROVEN_VERSIONS.includes(version)) {
    return undefined;
  }
  const found = version === undefined ? "this release of Connect" : `Connect ${version}`;
  return `unary calls are served by Connect's own handler, which is slower: the fast path has not been tried with ${found}, only with ${PROVEN_VERSIONS.join(" and ")}`;
}
