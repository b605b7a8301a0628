import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type CookieStore, createCookieStore, createSession, type Session } from "@countersign/sdk/node";

const { ADDRESS: baseUrl = "http://127.0.0.1:8080", COOKIE_SECRET } = process.env;

/** The session of a request: its tokens are in the encrypted cookie. */
export interface RequestSession {
  readonly session: Session;
  readonly store: CookieStore;
  readonly transport: Transport;
}

/** Open the session that the headers of a request carry. */
export function openSession(headers: Headers): RequestSession {
  const store = createCookieStore({
    cookie: headers.get("cookie"),
    secret: COOKIE_SECRET ?? "",
    // For http:// on this machine. Behind https://, leave it out: the cookie is Secure then.
    allowInsecure: true,
  });
  const session = createSession({ baseUrl, store });
  const interceptors = [session.interceptor];
  const transport = createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors });
  return { session, store, transport };
}
