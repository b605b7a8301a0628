import type { RequestListener } from "node:http";
import { Readable } from "node:stream";

/** What hosts of the fetch API call: Next's app router, Hono, Bun, Deno, Workers. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** Serve what answers requests of the fetch API with a server of Node, as such hosts do. */
export function serveFetch(handler: FetchHandler): RequestListener {
  return (req, res) => {
    const headers = new Headers(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
    const stream = Readable.toWeb(req) as ReadableStream<Uint8Array>; // the two types of one class
    const body = req.method === "GET" ? null : stream;
    const options = { method: req.method ?? "POST", headers, body, duplex: "half" as const };
    handler(new Request(`http://${req.headers.host}${req.url}`, options)).then(
      async (response) => {
        res.writeHead(response.status, Object.fromEntries(response.headers));
        for await (const chunk of response.body ?? []) {
          res.write(chunk);
        }
        res.end();
      },
      () => res.destroy(),
    );
  };
}
