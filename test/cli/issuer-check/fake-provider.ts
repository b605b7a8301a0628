import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { SelfSigned } from "../../support/self-signed.ts";

/** What a provider answers for a path: JSON, or a page of HTML. */
export type Documents = Readonly<Record<string, unknown>>;

/** A provider of one test. */
export interface FakeProvider extends AsyncDisposable {
  readonly origin: string;
  /** The requests that came. */
  readonly requests: readonly IncomingMessage[];
}

/**
 * Start a provider on loopback.
 *
 * @param documentsOf makes what it answers, of where it is
 * @param tls its certificate. Default: it speaks in the clear
 */
export async function startProvider(
  documentsOf: (origin: string) => Documents,
  tls?: SelfSigned,
): Promise<FakeProvider> {
  const requests: IncomingMessage[] = [];
  let documents: Documents = {};
  const answer: RequestListener = (req, res) => {
    requests.push(req);
    const document = documents[req.url ?? ""];
    const isPage = typeof document === "string";
    res.writeHead(document === undefined ? 404 : 200, {
      "content-type": isPage ? "text/html" : "application/json",
    });
    res.end(isPage ? document : JSON.stringify(document ?? { error: "not found" }));
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const scheme = tls === undefined ? "http" : "https";
  const origin = `${scheme}://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  documents = documentsOf(origin);
  return {
    origin,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
