import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** Serve documents by path; what is not there is 404. */
export async function startSite(answers: Readonly<Record<string, Answer | object>>) {
  const requests: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((req, res) => {
    const path = req.url ?? "";
    requests.push(path);
    headers.push(req.headers);
    const answer = answers[path];
    if (typeof answer === "function") {
      (answer as Answer)(req, res);
    } else {
      res.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    headers,
    answers: answers as Record<string, Answer | object>,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const JWKS = { keys: [] };

/** Answer with a redirect. */
export const redirectTo =
  (location: string): Answer =>
  (_req, res) =>
    void res.writeHead(302, { location }).end();
