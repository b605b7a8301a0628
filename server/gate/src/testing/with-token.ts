import type { CallOptions } from "@connectrpc/connect";

/** A client of `createClient`, of any service. */
export type AnyClient = Readonly<Record<string, (input: never, options?: CallOptions) => unknown>>;

/**
 * Make a client whose calls carry a token, and otherwise are those of the client that is given. It adds a header, and
 * nothing more: the gate checks the token as it checks every other.
 *
 * @param client what `createClient` returned, over any transport
 * @param token an access token, or whatever is to be sent as one
 */
export function withToken<C extends AnyClient>(client: C, token: string): C {
  const calls = Object.entries(client).map(([name, call]) => {
    const send = (input: never, options?: CallOptions): unknown =>
      call(input, { ...options, headers: withAuthorization(options?.headers, token) });
    return [name, send] as const;
  });
  return Object.fromEntries(calls) as C; // the same methods, each with the types that it had
}

function withAuthorization(headers: CallOptions["headers"], token: string): Headers {
  const all = new Headers(headers);
  all.set("authorization", `Bearer ${token}`);
  return all;
}
