import { create, toBinary, toJson } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { AuthError } from "../errors/auth-error.ts";

type Detail = ConnectError["details"][number];
/** A detail as a message, which is encoded each time that its error is sent. */
export type OutgoingDetail = Extract<Detail, { readonly desc: unknown }>;
type EncodedDetail = Exclude<Detail, OutgoingDetail>;

/** Of errors that are alive, and that cannot become others. */
const encodedDetails = new WeakMap<AuthError, readonly EncodedDetail[]>();

/**
 * Encode the details of an error that many calls end with, once for all of them; those of another stay what they are. The
 * result is the caller's own: what an interceptor does to it is seen in no other call.
 *
 * @param error encoded once when it is frozen
 * @param toDetails makes its details
 */
export function encodeDetails(error: AuthError, toDetails: () => OutgoingDetail[]): Detail[] {
  if (!Object.isFrozen(error)) {
    return toDetails();
  }
  const encoded = encodedDetails.get(error) ?? toDetails().map(encode);
  encodedDetails.set(error, encoded);
  return encoded.map((detail) => ({ ...detail, value: detail.value.slice() }));
}

function encode({ desc, value }: OutgoingDetail): EncodedDetail {
  const message = create(desc, value);
  const debug = toJson(desc, message);
  Object.freeze(debug);
  return { type: desc.typeName, value: toBinary(desc, message), debug };
}
