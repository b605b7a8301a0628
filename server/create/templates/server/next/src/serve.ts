import { auth } from "./auth.ts";
import { handle } from "./handle.ts";

// Next waits until all requests have ended. Streams end one after another, and their clients open them elsewhere.
const drain = () => void auth.drain(5_000);
process.once("SIGTERM", drain).once("SIGINT", drain);

/** Answer a call, or a request for what is served beside the calls. */
export function serve(request: Request): Promise<Response> {
  return handle(request, peerOf(request.headers));
}

/** The address that the proxy in front has appended; without a proxy, Next writes down where the request comes from. */
function peerOf(headers: Headers): string {
  return headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
}
