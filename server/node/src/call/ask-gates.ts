import type { HandlerContext } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { ServedParts } from "./head.ts";

/** Decides on the header alone whether a call goes on. */
export type RequestGate = (context: HandlerContext) => void | Promise<void>;

/**
 * Ask the gate of the route, then that of the server, which is the same unless the application has put another in its
 * place.
 *
 * @throws the refusal
 */
export function askGates(
  { parts, context }: Call<ServedParts>,
  requestGate: RequestGate,
): void | Promise<void> {
  const { gate } = parts.method;
  const verdict = gate === undefined || gate === requestGate ? undefined : gate(context);
  return verdict === undefined ? requestGate(context) : verdict.then(() => requestGate(context));
}
