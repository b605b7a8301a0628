import { create, type DescMethod } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type CallOptions, createClient, type Transport } from "@connectrpc/connect";
import {
  SessionService,
  type TokenSet,
  TokenSetSchema,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { durationMs } from "./duration.ts";
import { toRenewRequest } from "./renew-request.ts";
import type { MaxTokenLife, Proving, StreamRenewal, TokenGrant, TokenSource } from "./source.ts";
import { sendBearer } from "./token-binding.ts";

/** A call that is about to be sent: to the SessionService, without a token, unless it says more. */
type SentCall = Proving &
  Pick<StreamRenewal, "signal"> &
  Partial<Pick<StreamRenewal, "baseUrl" | "accessToken">>;

/** How {@link createSessionServiceSource} asks for tokens. */
export interface SessionServiceOptions {
  readonly maxTokenLifeMs?: MaxTokenLife | undefined;
  /** Signs a client in, whenever there is no session: asked for anew each time. */
  readonly assertion?: (() => Promise<string>) | undefined;
  /** Finds what carries renewals to the server of a base URL. Default: the transport, to its own. */
  readonly transportFor?: ((baseUrl: string) => Transport) | undefined;
  /** Where the SessionService is: proofs name it. */
  readonly baseUrl: string;
}

/**
 * Create the source that speaks to a Countersign server's SessionService.
 *
 * @param transport a transport without the session's interceptor
 */
export function createSessionServiceSource(
  transport: Transport,
  { maxTokenLifeMs, assertion, baseUrl: sessionUrl, transportFor = () => transport }: SessionServiceOptions,
): TokenSource {
  const client = createClient(SessionService, transport);
  const home = sessionUrl.replace(/\/$/, "");
  const limits = () => {
    const lifeMs = maxTokenLifeMs?.();
    return lifeMs === undefined ? {} : { maxAccessTokenTtl: durationFromMs(lifeMs) };
  };
  /** Send a call with its token and its proof, if it has any. */
  const sent = <T>(
    { parent, name }: DescMethod,
    { signal, accessToken, baseUrl = home, prover }: SentCall,
    run: (options: CallOptions) => Promise<T>,
  ): Promise<T> =>
    (prover?.send ?? sendBearer)(
      { url: `${baseUrl}/${parent.typeName}/${name}`, accessToken },
      (headers, onHeader) => run({ signal, headers, onHeader }),
    );
  const source: TokenSource = {
    repeatable: true,
    async signIn({ username, password, scopes = [], resources = [], device = "" }, signal, context = {}) {
      const { sessionId = "", prover } = context;
      const credential = { case: "password" as const, value: { username, password } };
      const wishes = { scopes: [...scopes], resources: [...resources], device, sessionId };
      const request = { credential, ...wishes, ...limits() };
      const response = await sent(SessionService.method.signIn, { prover, signal }, (options) =>
        client.signIn(request, options),
      );
      return toGrant(response.tokens);
    },
    async refresh({ refreshToken, refreshId, signal, prover }) {
      const request = { refreshToken: refreshToken ?? "", refreshId, ...limits() };
      const response = await sent(SessionService.method.refresh, { prover, signal }, (options) =>
        client.refresh(request, options),
      );
      return toGrant(response.tokens);
    },
    async revoke(accessToken, signal, { prover } = {}) {
      await sent(SessionService.method.signOut, { prover, signal, accessToken }, (options) =>
        client.signOut({}, options),
      );
    },
    async renewStreams({ streams, ...call }) {
      const service = createClient(StreamService, transportFor(call.baseUrl));
      const answer = await sent(StreamService.method.renew, call, (options) =>
        service.renew(toRenewRequest(streams), options),
      );
      return answer.streams.map(({ streamId }) => streamId);
    },
  };
  if (assertion === undefined) {
    return source;
  }
  const acquire = async (signal: AbortSignal, { prover }: Proving = {}): Promise<TokenGrant> => {
    const credential = { case: "assertion" as const, value: { assertion: (await assertion()).trim() } };
    const response = await sent(SessionService.method.signIn, { prover, signal }, (options) =>
      client.signIn({ credential, ...limits() }, options),
    );
    return toGrant(response.tokens);
  };
  return {
    ...source,
    acquire,
    async refresh(attempt) {
      // Clients get no refresh tokens: they sign in again, and go on under the name of the first time.
      return attempt.refreshToken === undefined
        ? { ...(await acquire(attempt.signal, attempt)), sessionId: undefined }
        : source.refresh(attempt);
    },
  };
}

function toGrant(tokens: TokenSet = create(TokenSetSchema)): TokenGrant {
  const refreshLifetimeMs = durationMs(tokens.refreshExpiresIn);
  return {
    accessToken: tokens.accessToken,
    lifetimeMs: durationMs(tokens.expiresIn),
    refreshToken: tokens.refreshToken === "" ? undefined : tokens.refreshToken,
    refreshLifetimeMs: refreshLifetimeMs > 0 ? refreshLifetimeMs : undefined,
    tokenType: tokens.tokenType,
    scopes: tokens.scopes,
    sessionId: tokens.sessionId === "" ? undefined : tokens.sessionId,
  };
}
