import type { DescMethod } from "@bufbuild/protobuf";
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
    logRefusals: false, // as in production
  });
  return requestGate;
}

/** Decide with the whole gate: header, token, revocations, policy, and the principal put where handlers find it. */
export function decideByGate(
  gate: (context: HandlerContext) => unknown,
  tokens: readonly (string | undefined)[],
  method: DescMethod = ECHO_METHOD,
): Pick<Decider, "prepare" | "decide"> {
  const contexts: HandlerContext[] = [];
  let first = 0;
  return {
    // The gate takes the token out of the header and knows who it has let in: a call must have both anew, as on a server.
    // The headers are used again, because to collect a hundred of them as garbage would be taken for the gate's time.
    prepare(from, count) {
      first = from;
      for (let at = 0; at < count; at += 1) {
        const token = tokens[(from + at) % tokens.length];
        contexts[at] = renewCall(contexts[at] ?? createCall(undefined, method), token);
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
export function createCall(token: string | undefined, method: DescMethod = ECHO_METHOD): HandlerContext {
  const requestHeader = new Headers({
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "bench",
    "grpc-accept-encoding": "identity,gzip",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  return { ...BASE, service: method.parent, method, requestHeader, values: createCallValues() };
}

/** Make a call of another one that is over. */
function renewCall(call: HandlerContext, token: string | undefined): HandlerContext {
  if (token !== undefined) {
    call.requestHeader.set("authorization", `Bearer ${token}`);
  }
  return Object.assign(call, { values: createCallValues() });
}
