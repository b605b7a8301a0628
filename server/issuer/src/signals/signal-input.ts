import type {
  AnswerRenewalRequest,
  ForwardRenewalRequest,
  WatchRequest,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { assertValid, isOwnerId, type Violation } from "@countersign/server/internal";
import { textViolations } from "../services/input.ts";
import { findHub } from "./renewal-id.ts";

const MAX_EPOCH_BYTES = 64;
const MAX_AUDIENCE_BYTES = 1_024;

/** The most streams that one call is about. */
const MAX_STREAMS = 1_000;

/** @throws ConnectError InvalidArgument when a field is wrong */
export function assertWatchRequest({ serverId, audience, epoch }: WatchRequest): void {
  assertValid([
    ...nameViolations("server_id", serverId),
    ...textViolations("epoch", epoch, { maxBytes: MAX_EPOCH_BYTES }),
    ...audienceViolations(audience),
  ]);
}

/** @throws ConnectError InvalidArgument when a field is wrong */
export function assertForwarded(
  { serverId, streams, accessToken, audience }: ForwardRenewalRequest,
  maxTokenBytes: number,
): void {
  assertValid([
    ...nameViolations("server_id", serverId),
    ...countViolations("streams", streams, 1),
    ...streams
      .slice(0, MAX_STREAMS)
      .flatMap(({ streamId }, at) => nameViolations(`streams[${at}]`, streamId)),
    ...textViolations("access_token", accessToken, { minCharacters: 1, maxBytes: maxTokenBytes }),
    ...audienceViolations(audience),
  ]);
}

/** @throws ConnectError InvalidArgument when a field is wrong */
export function assertAnswer(request: AnswerRenewalRequest): void {
  assertValid([
    ...nameViolations("server_id", request.serverId),
    ...renewalViolations(request.renewalId),
    ...countViolations("renewed", request.renewed, 0),
    ...countViolations("ended_stream_ids", request.endedStreamIds, 0),
    ...countViolations("unknown_stream_ids", request.unknownStreamIds, 0),
  ]);
}

/** Read the owner of a stream: one that can be none is as if the client did not know it. @returns empty: it is not known */
export function toOwner(owner: string): string {
  return isOwnerId(owner) ? owner : "";
}

function audienceViolations(audience: string): readonly Violation[] {
  return textViolations("audience", audience, { minCharacters: 1, maxBytes: MAX_AUDIENCE_BYTES });
}

/** Servers and streams have names of one form. */
function nameViolations(field: string, name: string): readonly Violation[] {
  return isOwnerId(name) ? [] : [{ field, description: "must be 128 bits in base64url" }];
}

function renewalViolations(renewalId: string): readonly Violation[] {
  return findHub(renewalId) === undefined
    ? [{ field: "renewal_id", description: "must be that of a renewal that Watch has brought" }]
    : [];
}

function countViolations(field: string, all: readonly unknown[], least: number): readonly Violation[] {
  return all.length >= least && all.length <= MAX_STREAMS
    ? []
    : [{ field, description: `must have ${least} to ${MAX_STREAMS}` }];
}
