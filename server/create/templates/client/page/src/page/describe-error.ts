import { ConnectError } from "@connectrpc/connect";
import { reasonOf } from "@countersign/sdk";

/** Say why a call has failed: for a call that was refused, that is one of the reasons of Countersign. */
export function describeError(error: unknown): string {
  return reasonOf(error) ?? ConnectError.from(error).message;
}
