import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromSession } from "@countersign/sdk";
import { createSession, type SessionEvent } from "@countersign/sdk/browser";
import { dpop } from "@countersign/sdk/dpop";

const parameters = new URLSearchParams(location.search);
if (parameters.has("no-locks")) {
  Object.defineProperty(navigator, "locks", { value: undefined });
}
// The session's wait for a lock is the only one in a page that ends with AbortSignal.timeout.
if (parameters.has("no-lock-timeout")) {
  Object.defineProperty(AbortSignal, "timeout", { value: () => new AbortController().signal });
}
if (parameters.has("no-channel")) {
  Object.defineProperty(globalThis, "BroadcastChannel", { value: undefined });
}

const baseUrl = parameters.get("base") ?? location.origin;
const session = createSession({
  baseUrl,
  ...(parameters.has("cookie") ? { refreshTokenIn: "cookie" as const } : {}),
  ...(parameters.has("dpop") ? { dpop: dpop() } : {}),
});
const transport = createGrpcWebTransport({ baseUrl, interceptors: [session.interceptor] });
const notes = createClient(NotesService, transport);
const events: SessionEvent[] = [];
session.on((event) => events.push(event));

/** Make a client whose calls carry the token of a session that follows the tab's. */
function follow() {
  const follower = createSession({ baseUrl, source: fromSession(session) });
  const interceptors = [follower.interceptor];
  return createClient(NotesService, createGrpcWebTransport({ baseUrl, interceptors }));
}

const tab = { session, notes, events, follow };

/** What a page hands to the tests. */
export type TabApi = typeof tab;

Object.assign(globalThis, { tab });
