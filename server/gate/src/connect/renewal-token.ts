import type { DescMethod } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { type CallState, stateOf } from "./call-state.ts";

/** Beside the states of calls, so that no log of context values shows them. */
const tokens = new WeakMap<CallState, string>();

/** Keep the token of a call if it renews streams: another server may have them, and judge the token itself. */
export function keepRenewalToken(method: DescMethod, state: CallState, token: string): void {
  // By its name: an application may have generated code of its own for it.
  if (method.parent.typeName === StreamService.typeName) {
    tokens.set(state, token);
  }
}

/** Find the token of a call that renews streams. @throws TypeError when the gate did not run */
export function renewalTokenOf({ values }: Pick<HandlerContext, "values">): string {
  const state = stateOf(values);
  const token = state && tokens.get(state);
  if (token === undefined) {
    throw new TypeError("a call that renews streams has no token: its route is not one of createAuth");
  }
  return token;
}
