import type { ConnectRouter } from "@connectrpc/connect";
import { AUTHENTICATED_POLICY } from "../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../server/gate/src/authorize/policy-fields.ts";
import { compileRule } from "../../server/gate/src/authorize/rule.ts";
import { createAuth } from "../../server/gate/src/connect/create-auth.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import type { HttpHandler } from "../../server/node/src/handler.ts";
import { createSigningKey, goodClaims, signToken } from "../support/tokens.ts";
import type { Suite } from "./suite.ts";

/** How calls are served. */
export interface GuardOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** Whether unary calls take the fast path. */
  readonly unaryFastPath: boolean;
  /** How large a message may be when it arrives, in bytes; 0: as by default. */
  readonly readMaxBytes: number;
}

/**
 * Put the service behind the gate, and a token on every request: the suite's clients have none, and each of their
 * calls must be verified all the same.
 */
export function createGuardedHandler(suite: Suite, options: GuardOptions): HttpHandler {
  const key = createSigningKey("ES256", "conformance");
  const issuedAtSeconds = Math.floor(Date.now() / 1000);
  const claims = goodClaims({ iat: issuedAtSeconds, exp: issuedAtSeconds + 3_600 });
  const authorization = `Bearer ${signToken(key, claims)}`;
  const rule = compileRule('principal.subject == "usr_ada"', suite.message("UnaryRequest"));
  const policy: Policy = { ...AUTHENTICATED_POLICY, rule };
  const auth = createAuth({
    routes: options.routes,
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [key.jwk] } } }],
    audience: "ledger",
    policies: new Map([[suite.service, policy]]),
    ...(options.readMaxBytes === 0 ? {} : { readMaxBytes: options.readMaxBytes }),
  });
  const handler = buildRequestListener({
    ...auth,
    jsonOptions: { registry: suite.registry },
    unaryFastPath: options.unaryFastPath,
  });
  return {
    handle(req, res) {
      req.headers.authorization = authorization;
      handler.handle(req, res);
    },
    onStream: (stream, headers, rawHeaders) =>
      handler.onStream?.(stream, Object.assign(headers, { authorization }), rawHeaders) ?? false,
  };
}
