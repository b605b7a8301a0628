import { createConnectTransport } from "@connectrpc/connect-web";
import { session } from "./session.ts";

/** Carries the calls of the page, each with a token of the session. */
export const transport = createConnectTransport({ baseUrl: "/", interceptors: [session.interceptor] });
