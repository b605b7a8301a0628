import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { parseBearer } from "../authenticate/bearer.ts";
import { MAX_TOKEN_CHARS } from "../authenticate/compact-jws.ts";
import { createRefusal } from "../errors/refusal.ts";
import { repeatsAuthorization } from "./node-request.ts";

/** The room that the scheme and spaces take beside the longest token. */
const MAX_HEADER_CHARS = MAX_TOKEN_CHARS + 64;

/** The name of the parameter by which RFC 6750 §2.3 lets a token be sent in a URL. */
const QUERY_PARAMETER = "access_token";

/**
 * Read the token of a call from its Authorization header, and from nowhere else
 * ([RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750#section-2)). A token in the URL is as if it were not there,
 * unless another is sent properly: then the two contend.
 *
 * @param values those of the context
 * @param authorization the value of the header; null when it was not sent
 * @returns the token; undefined when none was sent
 * @throws AuthError `TOKEN_INVALID` when there are two, or the header is not one bearer token
 */
export function readToken(
  context: Pick<HandlerContext, "url">,
  values: ContextValues,
  authorization: string | null,
): string | undefined {
  const bearer = parseBearer(authorization, MAX_HEADER_CHARS);
  if (bearer.kind === "none") {
    return undefined;
  }
  if (repeatsAuthorization(values) || hasQueryToken(context.url)) {
    throw createRefusal("TOKEN_INVALID", "the token was sent in more than one way", {
      metadata: { error: "invalid_request" },
    });
  }
  if (bearer.kind === "malformed") {
    throw createRefusal("TOKEN_INVALID", "the authorization header is not one bearer token");
  }
  return bearer.token;
}

/** Parse a URL only when its text makes it worth it. */
function hasQueryToken(url: string): boolean {
  return url.includes(QUERY_PARAMETER) && new URL(url).searchParams.has(QUERY_PARAMETER);
}
