import { create, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { Principal } from "../authenticate/principal.ts";
import { readClaim } from "./typed-claims.ts";
import { parseClaim } from "./typed-value.ts";

/** A principal makes many calls: its claims are read once for each message that describes them. */
const known = new WeakMap<Principal, Map<DescMessage, Message>>();

/**
 * Read the claims of a token into a message: each field is the claim of its `json_name`. A claim that is absent, or of
 * another form than its field, leaves the field as it is in an empty message.
 *
 * @param schema the message that describes the claims
 * @returns the message, deeply frozen
 */
export function toClaimsMessage<Desc extends DescMessage>(
  schema: Desc,
  principal: Principal,
): MessageShape<Desc> {
  const messages = known.get(principal) ?? new Map<DescMessage, Message>();
  known.set(principal, messages);
  const message = messages.get(schema) ?? readMessage(schema, principal);
  messages.set(schema, message);
  return message as MessageShape<Desc>; // made by the schema
}

function readMessage(schema: DescMessage, { claims }: Principal): Message {
  const message = create(schema);
  const target = reflect(schema, message);
  for (const field of schema.fields) {
    const value = readClaim(field, claims);
    const read = value === undefined ? undefined : parseClaim(field, value);
    if (read !== undefined) {
      take(target, reflect(schema, read));
    }
  }
  freeze(message);
  return message;
}

/** Take the fields that are set from a message. */
function take(target: ReflectMessage, source: ReflectMessage): void {
  for (const field of source.fields) {
    if (source.isSet(field)) {
      target.set(field, source.get(field));
    }
  }
}

/** Bytes cannot be frozen. */
function freeze(value: unknown): void {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
}
