import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { SignalsError } from "./signals-error.ts";

/** An error of the Connect protocol, as JSON. */
interface HubErrorJson {
  readonly code?: unknown;
  readonly details?: unknown;
}

/** The codes of what answers in place of a hub (https://connectrpc.com/docs/protocol/#http-to-error-code). */
const CODES_OF_STATUS: Readonly<Record<number, string | undefined>> = {
  400: "internal",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  415: "unimplemented",
};

/** Who has answered, and how. */
export interface HubAnswer {
  readonly hub: URL;
  /** What the caller may not do, for an error that says so. */
  readonly scope: string;
  /** How long to wait before the next attempt, in milliseconds, where the hub says so. */
  readonly retryAfterMs?: number | undefined;
}

/** Make the error of a hub that has refused a call, of its error in JSON. */
export function toHubError(json: unknown, answer: HubAnswer): SignalsError {
  const { code, details }: HubErrorJson = typeof json === "object" && json !== null ? json : {};
  return createHubError(code, findReason(details), answer);
}

/** Make the error of an answer that is none of a hub, of its status. */
export function toStatusError(status: number, answer: HubAnswer): SignalsError {
  return createHubError(CODES_OF_STATUS[status] ?? "unavailable", undefined, answer);
}

function createHubError(
  code: unknown,
  reason: string | undefined,
  { hub, scope, retryAfterMs }: HubAnswer,
): SignalsError {
  const place = hub.origin;
  if (code === "permission_denied" && reason === "INSUFFICIENT_SCOPE") {
    return new SignalsError("scope", `${place} does not let the client: it needs scope ${scope}`);
  }
  if (code === "permission_denied") {
    return new SignalsError(
      "refused",
      `${place} does not let the client: it must be a client with scope ${scope}`,
    );
  }
  if (code === "unauthenticated") {
    return new SignalsError(
      "refused",
      `${place} does not take the token of the issuer: name a hub of this issuer`,
    );
  }
  if (code === "unimplemented") {
    return new SignalsError("unserved", `${place} serves no signals: name the hubs in option hubs`);
  }
  if (reason === "SERVER_DRAINING") {
    return new SignalsError("draining", `${place} stops`);
  }
  return new SignalsError("unreachable", `${place} answers no signals just now`, { retryAfterMs });
}

/** Find the reason in the details of an error: of what a hub has written, nothing else is repeated. */
function findReason(details: unknown): string | undefined {
  for (const detail of Array.isArray(details) ? details : []) {
    const { type, value }: { readonly type?: unknown; readonly value?: unknown } = Object(detail);
    if (type === ErrorInfoSchema.typeName && typeof value === "string") {
      return readReason(value);
    }
  }
  return undefined;
}

function readReason(base64: string): string | undefined {
  try {
    return fromBinary(ErrorInfoSchema, base64Decode(base64)).reason;
  } catch {
    return undefined; // what cannot be read is no reason
  }
}
