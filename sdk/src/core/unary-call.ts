import type { Interceptor, UnaryRequest } from "@connectrpc/connect";
import type { Authorized } from "./authorized-call.ts";

type AnyNext = ReturnType<Interceptor>;

/** Make a unary call with a token, and once more with a newer one when the server refuses it. */
export async function callUnary(
  next: AnyNext,
  req: UnaryRequest,
  { call, held }: Authorized,
): ReturnType<AnyNext> {
  try {
    return await next(req);
  } catch (error) {
    await call.attachNewer(held, error);
  }
  return next(req);
}
