import type { Call } from "./call-form.ts";

/**
 * What not every server can do: be called over HTTP, with trailers, and answer while the request is under way, or when its
 * body does not come.
 */
export type Ability = "HTTP" | "gRPC" | "both directions" | "early answers";

/** What is asked of every server, and what it has to answer. */
export interface Case {
  readonly call: Omit<Call, "token" | "texts"> & { readonly texts?: readonly string[] };
  /** Default: none. */
  readonly token?: "good" | "garbage";
  /** Status, what the handler answered, and why the call was refused or ended. */
  readonly answer: string;
  /** What the server must be able to do. Default: nothing that not all can. */
  readonly needs?: Ability;
}

/** Every kind of refusal, in every kind of RPC; and that what is allowed goes through. */
export const CASES: Readonly<Record<string, Case>> = {
  "public method": { call: { method: "Open" }, answer: "200 nobody:a" },
  "no token": { call: { method: "Call" }, answer: "401 TOKEN_MISSING" },
  "garbage for a token": { call: { method: "Call" }, token: "garbage", answer: "401 TOKEN_INVALID" },
  "good token": { call: { method: "Call" }, token: "good", answer: "200 usr_ada:a" },
  "GET, no token": { call: { method: "Read", protocol: "get" }, answer: "401 TOKEN_MISSING" },
  "GET, good token": { call: { method: "Read", protocol: "get" }, token: "good", answer: "200 usr_ada:a" },
  "gRPC-Web, no token": { call: { method: "Call", protocol: "grpc-web" }, answer: "200 TOKEN_MISSING" },
  "gRPC-Web, good token": {
    call: { method: "Call", protocol: "grpc-web" },
    ...{ token: "good", answer: "200 usr_ada:a" },
  },
  "gRPC-Web in text, no token": {
    call: { method: "Call", protocol: "grpc-web-text" },
    ...{ answer: "200 TOKEN_MISSING", needs: "HTTP" },
  },
  "gRPC-Web in text, stream, second message forbidden": {
    call: { method: "Collect", protocol: "grpc-web-text", texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 POLICY_DENIED", needs: "HTTP" },
  },
  "gRPC-Web in text, good token": {
    call: { method: "Collect", protocol: "grpc-web-text", texts: ["a", "bc"] },
    ...{ token: "good", answer: "200 usr_ada:abc", needs: "HTTP" },
  },
  "gRPC, no token": {
    call: { method: "Call", protocol: "grpc" },
    ...{ answer: "200 TOKEN_MISSING", needs: "gRPC" },
  },
  "gRPC, good token": {
    call: { method: "Call", protocol: "grpc" },
    ...{ token: "good", answer: "200 usr_ada:a", needs: "gRPC" },
  },
  "gRPC, stream, message that the rule forbids": {
    call: { method: "Chat", protocol: "grpc", isStream: true, texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 usr_ada:a POLICY_DENIED", needs: "gRPC" },
  },
  "scope that is missing": { call: { method: "Scoped" }, token: "good", answer: "403 INSUFFICIENT_SCOPE" },
  "message that the rule allows": { call: { method: "Ruled" }, token: "good", answer: "200 usr_ada:a" },
  "message that the rule forbids": {
    call: { method: "Ruled", texts: ["forbidden"] },
    ...{ token: "good", answer: "403 POLICY_DENIED" },
  },
  "server stream, no token": { call: { method: "Watch", isStream: true }, answer: "200 TOKEN_MISSING" },
  "server stream, garbage": {
    call: { method: "Watch", isStream: true },
    ...{ token: "garbage", answer: "200 TOKEN_INVALID" },
  },
  "client stream, no token": { call: { method: "Collect", isStream: true }, answer: "200 TOKEN_MISSING" },
  "client stream": {
    call: { method: "Collect", isStream: true, texts: ["a", "b"] },
    ...{ token: "good", answer: "200 usr_ada:ab" },
  },
  "client stream, second message forbidden": {
    call: { method: "Collect", isStream: true, texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 POLICY_DENIED" },
  },
  "bidi stream, no token": {
    call: { method: "Chat", isStream: true },
    ...{ answer: "200 TOKEN_MISSING", needs: "both directions" },
  },
  "bidi stream, second message forbidden": {
    call: { method: "Chat", isStream: true, texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 usr_ada:a POLICY_DENIED", needs: "both directions" },
  },
  "no token, body never sent": {
    call: { method: "Call", isWithheld: true },
    ...{ answer: "401 TOKEN_MISSING", needs: "early answers" },
  },
};

/** A stream that is open when its token expires. */
export const EXPIRING: Case = {
  call: { method: "Watch", isStream: true },
  ...{ token: "good", answer: "200 usr_ada:a STREAM_EXPIRED" },
};
