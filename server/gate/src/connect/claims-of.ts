import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { toClaimsMessage } from "../authorize/claims-message.ts";
import { type CallContext, principalOf } from "./principal-context.ts";

/**
 * Return the claims of the caller's token as a message of your proto, as rules see them with option `claims_type`: each
 * field is the claim of its `json_name`. A claim that the token does not have, or has in another form than its field,
 * leaves the field as it is in an empty message.
 *
 * @param ctx the context of the handler, or the request of an interceptor
 * @param schema the message that describes the claims
 * @returns the message, frozen; on a stream, that of the newest renewal
 * @throws TypeError on a PUBLIC method, or where the gate did not run: it is a mistake of the server, not of the
 *   caller, who sees "internal error"
 * @throws AuthError `TOKEN_MISSING` when the method is OPTIONAL and the call is anonymous
 */
export function claimsOf<Desc extends DescMessage>(ctx: CallContext, schema: Desc): MessageShape<Desc> {
  return toClaimsMessage(schema, principalOf(ctx));
}
