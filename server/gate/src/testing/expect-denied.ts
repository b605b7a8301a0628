import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import type { AuthReason } from "../errors/auth-error.ts";
import { ERROR_DOMAIN } from "../internal.ts";

/**
 * Assert that a call is denied, and for which reason. A stream counts as denied when the error comes in place of its
 * first message; a stream that has begun is closed.
 *
 * @param call what a client returned
 * @returns the error, for what else it is to say
 * @throws Error when the call passes, or fails for another reason
 */
export async function expectDenied(
  call: PromiseLike<unknown> | AsyncIterable<unknown>,
  reason: AuthReason,
): Promise<ConnectError> {
  const error = await findFailure(call);
  if (error === undefined) {
    throw new Error(`the call passed: it was to be denied with ${reason}`);
  }
  const found = findReason(error);
  if (found !== reason) {
    const what = found === undefined ? `failed: ${error.message}` : `was denied with ${found}`;
    throw new Error(`the call ${what}; it was to be denied with ${reason}`, { cause: error });
  }
  return error;
}

/** Wait for what becomes of a call. @returns undefined when it passes */
async function findFailure(
  call: PromiseLike<unknown> | AsyncIterable<unknown>,
): Promise<ConnectError | undefined> {
  try {
    await (Symbol.asyncIterator in call ? receiveOne(call) : call);
    return undefined;
  } catch (error) {
    return ConnectError.from(error);
  }
}

async function receiveOne(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) {
    return;
  }
}

function findReason(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === ERROR_DOMAIN)?.reason;
}
