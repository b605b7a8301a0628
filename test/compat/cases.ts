import type { Call } from "./call.ts";

/** What is asked of every server, and what it has to answer. */
export interface Case {
  readonly call: Omit<Call, "token" | "texts"> & { readonly texts?: readonly string[] };
  /** Default: none. */
  readonly token?: "good" | "garbage";
  /** Status, what the handler answered, and why the call was refused or ended. */
  readonly answer: string;
  /** Which servers can do it. Default: all. */
  readonly needs?: "HTTP/2" | "HTTP";
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
  "gRPC, no token": {
    call: { method: "Call", protocol: "grpc" },
    ...{ answer: "200 TOKEN_MISSING", needs: "HTTP/2" },
  },
  "gRPC, good token": {
    call: { method: "Call", protocol: "grpc" },
    ...{ token: "good", answer: "200 usr_ada:a", needs: "HTTP/2" },
  },
  "gRPC, stream, message that the rule forbids": {
    call: { method: "Chat", protocol: "grpc", isStream: true, texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 usr_ada:a POLICY_DENIED", needs: "HTTP/2" },
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
    ...{ answer: "200 TOKEN_MISSING", needs: "HTTP/2" },
  },
  "bidi stream, second message forbidden": {
    call: { method: "Chat", isStream: true, texts: ["a", "forbidden"] },
    ...{ token: "good", answer: "200 usr_ada:a POLICY_DENIED", needs: "HTTP/2" },
  },
  "no token, body never sent": {
    call: { method: "Call", isWithheld: true },
    ...{ answer: "401 TOKEN_MISSING", needs: "HTTP" },
  },
};

/** A stream that is open when its token expires. */
export const EXPIRING: Case = {
  call: { method: "Watch", isStream: true },
  ...{ token: "good", answer: "200 usr_ada:a STREAM_EXPIRED" },
};
