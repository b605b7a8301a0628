/** What a request of Express and of Fastify have in common. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const HEADERS = ["authorization", "content-type", "origin"];

/** Make a request of the Fetch API, which the issuer's endpoints take. */
export function toRequest({ method, url, body, headers }: Received, address: string): Request {
  const sent = HEADERS.map((name): [string, unknown] => [name, headers[name]]);
  return new Request(new URL(url, address), {
    method,
    headers: sent.filter((header): header is [string, string] => typeof header[1] === "string"),
    ...(typeof body === "string" && method === "POST" ? { body } : {}),
  });
}
