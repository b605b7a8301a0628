import type { DescMethod } from "@bufbuild/protobuf";
import { ConnectError, createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { createCallValues } from "../../../server/gate/src/connect/call-state.ts";
import type { Gate } from "../../../server/gate/src/connect/gate.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { keepNodeRequest, type NodeRequest } from "../../../server/gate/src/connect/node-request.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { createSigningKey } from "../../support/tokens.ts";

/** The key of the issuer of these tests. */
export const issuerKey = createSigningKey("ES256", "key-1");

/** The issuer of these tests. */
export const issuer: IssuerOptions = {
  issuer: "https://issuer.example",
  keys: { jwks: { keys: [issuerKey.jwk] } },
};

/** One method of each access, and the conditions that headers decide. */
export const service = echoService({
  Public: { policy: { access: Access.PUBLIC } },
  Optional: { policy: { access: Access.OPTIONAL }, isReadOnly: true },
  Call: { policy: { access: Access.AUTHENTICATED }, isReadOnly: true },
  Admin: { policy: { access: Access.AUTHENTICATED, scopes: ["admin"] } },
  Vault: { policy: { access: Access.AUTHENTICATED, audiences: ["vault", "safe"] } },
  Fresh: { policy: { access: Access.AUTHENTICATED, maxAuthAge: { seconds: 60n } } },
});

/** How to call a gate. */
export interface GateCall {
  readonly authorization?: string;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly rawHeaders?: readonly string[];
}

/** The context of a call, as Connect makes it. */
export function contextOf(
  method: DescMethod,
  { authorization, headers, url, rawHeaders }: GateCall = {},
): HandlerContext {
  const request: NodeRequest = {
    headers: { host: "127.0.0.1" },
    rawHeaders: rawHeaders ?? [],
    socket: { writableLength: 0, destroy: () => undefined },
  };
  return createHandlerContext({
    service: method.parent,
    method,
    protocolName: "connect",
    requestMethod: "POST",
    url: url ?? "http://127.0.0.1/test.v1.EchoService/Call",
    requestHeader: { ...(authorization === undefined ? {} : { authorization }), ...headers },
    contextValues: createCallValues(rawHeaders === undefined ? undefined : keepNodeRequest(request)),
  });
}

/** What a caller learns from an error. */
export function seenIn(error: unknown) {
  if (!(error instanceof ConnectError)) {
    throw error;
  }
  const [info] = error.findDetails(ErrorInfoSchema);
  const [retry] = error.findDetails(RetryInfoSchema);
  return {
    code: error.code,
    message: error.rawMessage,
    reason: info?.reason,
    domain: info?.domain,
    metadata: info?.metadata,
    retryDelay:
      retry?.retryDelay === undefined
        ? undefined
        : Number(retry.retryDelay.seconds) + retry.retryDelay.nanos / 1e9,
    challenge: error.metadata.get("www-authenticate"),
  };
}

/** Let a gate decide; undefined when it lets the call pass. */
export async function decisionOf(gate: Gate, context: HandlerContext) {
  try {
    await gate(context);
    return undefined;
  } catch (error) {
    return seenIn(error);
  }
}

/** A gate before the methods of these tests. */
export function setUpGate(options: Partial<Parameters<typeof createEchoAuth>[1]> = {}) {
  const echo = createEchoAuth(service, { issuers: [issuer], ...options });
  const decide = (name: string, call: GateCall = {}) =>
    decisionOf(echo.auth.requestGate, contextOf(methodOf(service, name), call));
  return { ...echo, decide };
}
