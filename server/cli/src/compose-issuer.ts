import type { ServiceImpl } from "@connectrpc/connect";
import type { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createSessionService } from "@countersign/issuer";
import type { JsonDocument, RequestHandler } from "@countersign/node";
import type { CallRequest } from "@countersign/node/internal";
import { readPeer } from "@countersign/node/internal";
import type { IssuerOptions } from "@countersign/server";
import { composeDocuments, composeEndpoints } from "./compose-endpoints.ts";
import { composeIssuance, type IssuerParts } from "./compose-issuance.ts";
import type { Backend } from "./open-backend.ts";

/** The built-in issuer of a server. */
export interface ComposedIssuer {
  /** How its tokens are verified in calls. */
  readonly options: IssuerOptions;
  /** Signs in, refreshes and signs out. */
  readonly service: ServiceImpl<typeof SessionService>;
  /** Its public documents, by their path. */
  readonly documents: Readonly<Record<string, JsonDocument>>;
  /** Its OAuth endpoints, by their path. */
  readonly endpoints: Readonly<Record<string, RequestHandler>>;
  /** Says where a request comes from, in the form that limits count by. */
  readonly peerOf: (req: CallRequest) => string;
}

/** Put the built-in issuer together: one way to begin and to go on with sessions, over RPC and over OAuth. */
export function composeIssuer(backend: Backend, parts: IssuerParts): ComposedIssuer {
  const { config, keyRing } = backend;
  const { issuerUrl } = parts;
  const issuance = composeIssuance(backend, parts);
  const options: IssuerOptions = {
    issuer: issuerUrl,
    algorithms: ["ES256"],
    keys: { source: keyRing.keySource },
    requireProfileClaims: true,
  };
  const peerOf = (req: CallRequest): string => readPeer(req, { isBehindProxy: config.behindTlsProxy });
  const cookieOrigins = new Set([new URL(issuerUrl).origin, ...config.corsOrigins]);
  return {
    options,
    peerOf,
    service: createSessionService({
      sessions: issuance.sessions,
      signIn: issuance.signIn,
      issuer: issuerUrl,
      isCookieOrigin: (origin) => cookieOrigins.has(origin),
    }),
    documents: composeDocuments(backend, issuerUrl),
    endpoints: composeEndpoints(backend, { ...issuance, options, peerOf }),
  };
}
