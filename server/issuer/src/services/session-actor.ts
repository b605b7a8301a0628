import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SessionActorSchema } from "@countersign/gen/countersign/auth/v1/session_pb.js";

/** More than any token of ours is handed on. */
const MAX_SHOWN = 4;

/**
 * Convert who acts in a session for the wire.
 *
 * In sessions of releases before, those before are what another issuer has written: what is no actor is not shown.
 *
 * @param act claim `act` of its tokens; undefined: the subject acts itself
 */
export function toSessionActor(
  act: unknown,
  shown = 0,
): MessageInitShape<typeof SessionActorSchema> | undefined {
  if (typeof act !== "object" || act === null || Array.isArray(act) || shown === MAX_SHOWN) {
    return undefined;
  }
  const members: Readonly<Record<string, unknown>> = { ...act };
  const { sub, iss, client_id: clientId } = members;
  const actor = toSessionActor(members.act, shown + 1);
  return {
    subject: toText(sub),
    issuer: toText(iss),
    clientId: toText(clientId),
    ...(actor === undefined ? {} : { actor }),
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
