import { type ContextValues, createContextKey } from "@connectrpc/connect";
import { toNetwork } from "./network.ts";
import { remoteAddressOf } from "./node-request.ts";

/** Where a call comes from, in the form that limits count by. */
const peerKey = createContextKey("", { description: "countersign peer" });

/** Set where a call comes from. It returns the values that it was given. */
export function setPeer(values: ContextValues, peer: string): ContextValues {
  return values.set(peerKey, peer);
}

/**
 * Find where a call comes from: what was said, else the network of the socket that it came over.
 *
 * @returns empty where neither is known: then all calls count as one caller's
 */
export function peerOf(values: ContextValues): string {
  const said = values.get(peerKey);
  return said === "" ? toNetwork(remoteAddressOf(values)) : said;
}
