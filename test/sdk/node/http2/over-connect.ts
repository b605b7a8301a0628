import type { Case, TransportOptions } from "./script.ts";

/** The options of a transport for Connect, the same object for the same others. */
const connectOptions = new Map<TransportOptions | undefined, TransportOptions>();

/** Make a case one of Connect. */
export function overConnect({ options, ...rest }: Case): Case {
  const own = connectOptions.get(options) ?? { ...options, protocol: "connect" };
  connectOptions.set(options, own);
  return { ...rest, name: `${rest.name}, over Connect`, options: own };
}
