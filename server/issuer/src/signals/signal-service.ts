import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { SignalService, WatchRequest } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { AuthError, type Principal, principalOf } from "@countersign/server";
import { assertValid, type Violation } from "@countersign/server/internal";
import { toClientSubject } from "../credentials/client-names.ts";
import { textViolations } from "../services/input.ts";
import type { Hub } from "./hub.ts";
import type { Watcher } from "./watcher.ts";

/** What {@link createSignalService} needs. */
export interface SignalServiceOptions {
  readonly hub: Hub;
  /** Claim `iss` of our own tokens: clients of other issuers are none of ours. */
  readonly issuer: string;
}

/** 128 random bits in base64url. */
const SERVER_ID = /^[A-Za-z0-9_-]{22}$/;

const MAX_EPOCH_BYTES = 64;
const MAX_AUDIENCE_BYTES = 1_024;

/** Create the service that tells the servers of a fleet what is revoked. */
export function createSignalService(
  options: SignalServiceOptions,
): Pick<ServiceImpl<typeof SignalService>, "watch"> {
  return {
    watch: (request, ctx) => watch(options, request, ctx),
  };
}

function watch({ hub, issuer }: SignalServiceOptions, request: WatchRequest, ctx: HandlerContext): Watcher {
  const clientId = readClient(principalOf(ctx), issuer);
  assertValid(violationsOf(request));
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

function violationsOf({ serverId, audience, epoch }: WatchRequest): readonly Violation[] {
  return [
    ...(SERVER_ID.test(serverId)
      ? []
      : [{ field: "server_id", description: "must be 128 bits in base64url" }]),
    ...textViolations("epoch", epoch, { maxBytes: MAX_EPOCH_BYTES }),
    ...textViolations("audience", audience, { minCharacters: 1, maxBytes: MAX_AUDIENCE_BYTES }),
  ];
}
