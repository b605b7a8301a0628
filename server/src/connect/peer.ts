import { type ContextValues, createContextKey } from "@connectrpc/connect";

/** Where a call comes from, in the form that limits count by. */
const peerKey = createContextKey("", { description: "countersign peer" });

/** Say where a call comes from. It returns the values that it was given. */
export function setPeer(values: ContextValues, peer: string): ContextValues {
  return values.set(peerKey, peer);
}

/** Find where a call comes from; empty when nobody said so: then all calls count as one caller's. */
export function peerOf(values: ContextValues): string {
  return values.get(peerKey);
}
