import { cors } from "@connectrpc/connect";

/** The methods of HTTP that scripts of other origins may use. */
export const CORS_ALLOWED_METHODS: readonly string[] = cors.allowedMethods;

/** The request headers that scripts of other origins may send: those of the RPC protocols, and those that carry proof of identity. */
export const CORS_ALLOWED_HEADERS: readonly string[] = [
  ...cors.allowedHeaders,
  "Authorization",
  "DPoP",
  "Countersign-Stream-Id",
];

/** The response headers that scripts of other origins may read: those of the RPC protocols, and those that say what to do next. */
export const CORS_EXPOSED_HEADERS: readonly string[] = [
  ...cors.exposedHeaders,
  "WWW-Authenticate",
  "DPoP-Nonce",
  "Retry-After",
  "Countersign-Expires-In",
  "Countersign-Stream-Owner",
  "Date",
];
