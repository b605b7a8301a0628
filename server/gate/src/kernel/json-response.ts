/** Make a response in JSON that no cache keeps. @param body undefined: an empty body */
export function toJsonResponse(
  body: object | undefined,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const text = body === undefined ? "" : `${JSON.stringify(body)}\n`;
  return new Response(text === "" ? null : text, {
    status,
    headers: {
      // What RFC 6749 §5.1 asks of every answer with tokens.
      "cache-control": "no-store",
      pragma: "no-cache",
      "x-content-type-options": "nosniff",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      "content-length": String(new TextEncoder().encode(text).length),
      ...headers,
    },
  });
}
