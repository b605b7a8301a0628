import { createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type Auth, createAuth } from "@countersign/server";
import { createCallValues } from "../../../server/gate/src/connect/call-state.ts";
import { createEchoRoutes, ECHO_METHOD, ECHO_PATH } from "../fixture/echo.ts";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import type { Decider } from "./decider.ts";

/** Create the gate of a server. @param verdictCacheEntries 1: every call with another token than the last is a miss */
export function createBenchGate({ jwks }: PublicKeys, verdictCacheEntries: number): Auth["requestGate"] {
  const { requestGate } = createAuth({
    routes: createEchoRoutes(),
    issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
    audience: AUDIENCE,
    verdictCacheEntries,
  });
  return requestGate;
}

/** Decide with the whole gate: header, token, revocations, policy, and the principal put where handlers find it. */
export function decideByGate(
  gate: Auth["requestGate"],
  tokens: readonly (string | undefined)[],
): Pick<Decider, "prepare" | "decide"> {
  const contexts: HandlerContext[] = [];
  let first = 0;
  return {
    // The gate takes the token out of the context: a call must have one of its own, as on a server.
    prepare(from, count) {
      first = from;
      contexts.length = 0;
      for (let index = from; index < from + count; index += 1) {
        contexts.push(createCall(tokens[index % tokens.length]));
      }
    },
    decide(index) {
      const context = contexts[index - first];
      return context === undefined ? undefined : gate(context);
    },
  };
}

const BASE = createHandlerContext({
  service: NotesService,
  method: ECHO_METHOD,
  protocolName: "grpc",
  requestMethod: "POST",
  url: `http://127.0.0.1${ECHO_PATH}`,
});

/** Make the context of one call. @param token undefined: without one */
export function createCall(token: string | undefined): HandlerContext {
  const requestHeader = new Headers({
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "bench",
    "grpc-accept-encoding": "identity,gzip",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  return { ...BASE, requestHeader, values: createCallValues() };
}
