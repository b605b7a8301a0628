import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { SignalService, WatchRequest } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type {
  RenewedStreamSchema,
  RenewedStream as SentStream,
} from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { AuthError, type Principal, principalOf } from "@countersign/server";
import { abortStateOf, type RenewedStream } from "@countersign/server/internal";
import { toClientSubject } from "../credentials/client-names.ts";
import type { ForwardedRenewals } from "./forwarded-renewals.ts";
import type { Hub } from "./hub.ts";
import { assertAnswer, assertForwarded, assertWatchRequest, toOwner } from "./signal-input.ts";
import type { Watcher } from "./watcher.ts";

/** What {@link createSignalService} needs. */
export interface SignalServiceOptions {
  readonly hub: Hub;
  readonly renewals: ForwardedRenewals;
  /** Claim `iss` of our own tokens: clients of other issuers are none of ours. */
  readonly issuer: string;
  /** The longest token that is forwarded, in bytes. */
  readonly maxTokenBytes: number;
}

/** Create the service that tells the servers of a fleet what is revoked, and has them renew each other's streams. */
export function createSignalService(options: SignalServiceOptions): ServiceImpl<typeof SignalService> {
  const { renewals, issuer, maxTokenBytes } = options;
  return {
    watch: (request, ctx) => watch(options, request, ctx),
    async forwardRenewal(request, ctx) {
      const clientId = readClient(principalOf(ctx), issuer);
      assertForwarded(request, maxTokenBytes);
      const { serverId, audience, accessToken } = request;
      const streams = request.streams.map(({ streamId, owner }) => ({ streamId, owner: toOwner(owner) }));
      const outcome = await renewals.forward({ clientId, serverId, audience, streams, accessToken });
      return {
        renewed: outcome.renewed.map(toSent),
        endedStreamIds: [...outcome.endedStreamIds],
        unknownStreamIds: [...outcome.unknownStreamIds, ...outcome.absentStreamIds],
        refused: outcome.refused,
      };
    },
    async answerRenewal(request, ctx) {
      const clientId = readClient(principalOf(ctx), issuer);
      assertAnswer(request);
      const { serverId, renewalId, endedStreamIds, unknownStreamIds, refused } = request;
      const answers = { renewed: request.renewed.map(fromSent), endedStreamIds, unknownStreamIds, refused };
      await renewals.answer({ clientId, serverId, renewalId, ...answers });
      return {};
    },
  };
}

function toSent({ streamId, expiresInMs }: RenewedStream): MessageInitShape<typeof RenewedStreamSchema> {
  return { streamId, expiresIn: durationFromMs(expiresInMs) };
}

function fromSent({ streamId, expiresIn }: SentStream): RenewedStream {
  const expiresInMs = expiresIn === undefined ? 0 : durationMs(expiresIn);
  return { streamId, expiresInMs: Math.min(Math.max(0, expiresInMs), Number.MAX_SAFE_INTEGER) };
}

function watch({ hub, issuer }: SignalServiceOptions, request: WatchRequest, ctx: HandlerContext): Watcher {
  const clientId = readClient(principalOf(ctx), issuer);
  assertWatchRequest(request);
  const { serverId, audience, epoch, after, hashSubjects } = request;
  const form = hashSubjects ? "hashed" : "plain";
  const watcher = hub.watch({ clientId, serverId, audience, epoch, after, form });
  // The server stops, or the client's deadline has passed. Where the client has left, the message has no reader.
  abortStateOf(ctx).addEventListener("abort", watcher.drain);
  return watcher;
}

/**
 * Read which client calls: one that signs in as itself. A user may have a token with the scope, too, and must not learn
 * who else there is.
 *
 * @throws AuthError `POLICY_DENIED` when it is another party
 */
function readClient(principal: Principal, issuer: string): string {
  const { clientId, subject, actor } = principal;
  if (principal.issuer !== issuer || subject !== toClientSubject(clientId) || actor !== undefined) {
    throw new AuthError("POLICY_DENIED", "signals are for clients of this issuer that call as themselves");
  }
  return clientId;
}
