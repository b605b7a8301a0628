import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { parseBearer } from "../authenticate/bearer.ts";
import { createTokenTooLongError } from "../authenticate/token-size.ts";
import { createRefusal } from "../errors/refusal.ts";
import { repeatsAuthorization } from "./node-request.ts";

/** The name of the parameter by which RFC 6750 §2.3 lets a token be sent in a URL. */
const QUERY_PARAMETER = "access_token";

/**
 * Reads the token of a call.
 *
 * @param values those of the context
 * @param authorization the value of the header; null when it was not sent
 * @returns the token; undefined when none was sent
 * @throws AuthError `TOKEN_INVALID` when there are two, or the header is not one bearer token of a length that is taken
 */
export type TokenReader = (
  context: Pick<HandlerContext, "url">,
  values: ContextValues,
  authorization: string | null,
) => string | undefined;

/**
 * Create what reads the token of a call from its Authorization header, and from nowhere else
 * ([RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750#section-2)). A token in the URL is as if it were not there,
 * unless another is sent properly: then the two contend.
 *
 * @param options `maxTokenBytes`: the longest token that is taken
 */
export function createTokenReader({ maxTokenBytes }: { readonly maxTokenBytes: number }): TokenReader {
  return (context, values, authorization) => {
    const bearer = parseBearer(authorization, maxTokenBytes);
    if (bearer.kind === "none") {
      return undefined;
    }
    if (repeatsAuthorization(values) || hasQueryToken(context.url)) {
      throw createRefusal("TOKEN_INVALID", "the token was sent in more than one way", {
        metadata: { error: "invalid_request" },
        facts: {
          check: "token_source",
          expected: "one header authorization",
          got: repeatsAuthorization(values) ? "more than one" : `one, and ${QUERY_PARAMETER} in the URL`,
        },
      });
    }
    if (bearer.kind === "too_long") {
      throw createTokenTooLongError(bearer.bytes, maxTokenBytes);
    }
    if (bearer.kind === "malformed") {
      throw createRefusal("TOKEN_INVALID", "the authorization header is not one bearer token", {
        facts: { check: "token_form", expected: "Bearer, a space and the token", got: bearer.found },
      });
    }
    return bearer.token;
  };
}

/** Parse a URL only when its text makes it worth it. */
function hasQueryToken(url: string): boolean {
  return url.includes(QUERY_PARAMETER) && new URL(url).searchParams.has(QUERY_PARAMETER);
}
