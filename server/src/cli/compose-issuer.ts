import type { ServiceImpl } from "@connectrpc/connect";
import type { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createPasswords } from "../credentials/password.ts";
import { createPasswordSignIn } from "../credentials/password-sign-in.ts";
import { createSignInLimiter } from "../credentials/sign-in-limiter.ts";
import type { JsonDocument } from "../http/documents.ts";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "../issue/metadata.ts";
import { createSessions } from "../issue/sessions.ts";
import { createSessionService } from "../services/session-service.ts";
import type { Backend } from "./open-backend.ts";

/** The built-in issuer of a server. */
export interface ComposedIssuer {
  /** Signs in, refreshes and signs out. */
  readonly service: ServiceImpl<typeof SessionService>;
  /** Its public documents, by their path. */
  readonly documents: Readonly<Record<string, JsonDocument>>;
}

/** Put the built-in issuer together. @param issuerUrl the name that stands in its tokens */
export function composeIssuer(backend: Backend, issuerUrl: string): ComposedIssuer {
  const { clock, config, store, secret, keyRing, revocations, audit } = backend;
  const passwords = createPasswords();
  const sessions = createSessions({
    store,
    keyRing,
    secret,
    issuer: issuerUrl,
    audience: config.audience,
    accessTtlMs: config.accessTtl,
    clock,
    audit,
    revocations,
  });
  const allowed = new Set([new URL(issuerUrl).origin, ...config.corsOrigins]);
  const base = issuerUrl.replace(/\/$/, "");
  return {
    service: createSessionService({
      sessions,
      passwordSignIn: createPasswordSignIn({ store, passwords, limiter: createSignInLimiter(clock) }),
      issuer: issuerUrl,
      audit,
      isCookieOrigin: (origin) => allowed.has(origin),
    }),
    documents: {
      "/.well-known/jwks.json": {
        read: () => toJwksDocument(keyRing.publicJwks()),
        maxAgeSeconds: Math.floor(config.jwksMaxAge / 1_000),
      },
      "/.well-known/oauth-authorization-server": { read: () => toMetadataDocument(base) },
      "/.well-known/openid-configuration": { read: () => toOpenIdDocument(base) },
    },
  };
}
