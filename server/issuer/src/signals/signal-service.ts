import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { SignalService, WatchRequest } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { AuthError, type Principal, principalOf } from "@countersign/server";
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
        renewed: [...outcome.renewed],
        endedStreamIds: [...outcome.endedStreamIds],
        unknownStreamIds: [...outcome.unknownStreamIds],
        refused: outcome.refused,
      };
    },
    answerRenewal(request, ctx) {
      const clientId = readClient(principalOf(ctx), issuer);
      assertAnswer(request);
      const { serverId, renewalId, renewed, endedStreamIds, unknownStreamIds, refused } = request;
      renewals.answer({ clientId, serverId, renewalId, renewed, endedStreamIds, unknownStreamIds, refused });
      return {};
    },
  };
}

function watch({ hub, issuer }: SignalServiceOptions, request: WatchRequest, ctx: HandlerContext): Watcher {
  const clientId = readClient(principalOf(ctx), issuer);
  assertWatchRequest(request);
  const { serverId, audience, epoch, after, hashSubjects } = request;
  const form = hashSubjects ? "hashed" : "plain";
  const watcher = hub.watch({ clientId, serverId, audience, epoch, after, form });
  // The server stops, or the client's deadline has passed. Where the client has left, the message has no reader.
  ctx.signal.addEventListener("abort", watcher.drain, { once: true });
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
