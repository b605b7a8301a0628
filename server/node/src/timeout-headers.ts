import { parseGrpcTimeout } from "@countersign/server/internal";

/** The longest that a timer of Node can run, in milliseconds. A longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** Forget a deadline that lies more than 24 days ahead: no timer can keep it, and the call may as well have none. */
export function dropEndlessTimeouts(header: Headers): void {
  if (Number(header.get("connect-timeout-ms")) > MAX_TIMER_MS) {
    header.delete("connect-timeout-ms");
  }
  const grpcMs = parseGrpcTimeout(header.get("grpc-timeout") ?? "");
  if (grpcMs !== undefined && grpcMs > MAX_TIMER_MS) {
    header.delete("grpc-timeout");
  }
}
