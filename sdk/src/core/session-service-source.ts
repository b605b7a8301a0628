import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  SessionService,
  type TokenSet,
  TokenSetSchema,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { durationMs } from "./duration.ts";
import { toRenewRequest } from "./renew-request.ts";
import type { MaxTokenLife, TokenGrant, TokenSource } from "./source.ts";

/** How {@link createSessionServiceSource} asks for tokens. */
export interface SessionServiceOptions {
  readonly maxTokenLifeMs?: MaxTokenLife | undefined;
  /** Signs a client in, whenever there is no session: asked for anew each time. */
  readonly assertion?: (() => Promise<string>) | undefined;
  /** Finds what carries renewals to the server of a base URL. Default: the transport, to its own. */
  readonly transportFor?: ((baseUrl: string) => Transport) | undefined;
}

/**
 * Create the source that speaks to a Countersign server's SessionService.
 *
 * @param transport a transport without the session's interceptor
 */
export function createSessionServiceSource(
  transport: Transport,
  { maxTokenLifeMs, assertion, transportFor = () => transport }: SessionServiceOptions = {},
): TokenSource {
  const client = createClient(SessionService, transport);
  const limits = () => {
    const lifeMs = maxTokenLifeMs?.();
    return lifeMs === undefined ? {} : { maxAccessTokenTtl: durationFromMs(lifeMs) };
  };
  const source: TokenSource = {
    repeatable: true,
    async signIn({ username, password, scopes = [], resources = [], device = "" }, signal, sessionId = "") {
      const credential = { case: "password" as const, value: { username, password } };
      const wishes = { scopes: [...scopes], resources: [...resources], device, sessionId };
      const request = { credential, ...wishes, ...limits() };
      const response = await client.signIn(request, { signal });
      return toGrant(response.tokens);
    },
    async refresh({ refreshToken, refreshId, signal }) {
      const request = { refreshToken: refreshToken ?? "", refreshId, ...limits() };
      const response = await client.refresh(request, { signal });
      return toGrant(response.tokens);
    },
    async revoke(accessToken, signal) {
      await client.signOut({}, { signal, headers: bearer(accessToken) });
    },
    async renewStreams({ baseUrl, streams, accessToken, signal }) {
      const options = { signal, headers: bearer(accessToken) };
      const service = createClient(StreamService, transportFor(baseUrl));
      const answer = await service.renew(toRenewRequest(streams), options);
      return answer.streams.map(({ streamId }) => streamId);
    },
  };
  if (assertion === undefined) {
    return source;
  }
  const acquire = async (signal: AbortSignal): Promise<TokenGrant> => {
    const credential = { case: "assertion" as const, value: { assertion: (await assertion()).trim() } };
    const response = await client.signIn({ credential, ...limits() }, { signal });
    return toGrant(response.tokens);
  };
  return {
    ...source,
    acquire,
    async refresh(attempt) {
      // Clients get no refresh tokens: they sign in again, and go on under the name of the first time.
      return attempt.refreshToken === undefined
        ? { ...(await acquire(attempt.signal)), sessionId: undefined }
        : source.refresh(attempt);
    },
  };
}

function bearer(accessToken: string): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}

function toGrant(tokens: TokenSet = create(TokenSetSchema)): TokenGrant {
  const refreshLifetimeMs = durationMs(tokens.refreshExpiresIn);
  return {
    accessToken: tokens.accessToken,
    lifetimeMs: durationMs(tokens.expiresIn),
    refreshToken: tokens.refreshToken === "" ? undefined : tokens.refreshToken,
    refreshLifetimeMs: refreshLifetimeMs > 0 ? refreshLifetimeMs : undefined,
    scopes: tokens.scopes,
    sessionId: tokens.sessionId === "" ? undefined : tokens.sessionId,
  };
}
