import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A server of files. */
export interface FolderServer extends AsyncDisposable {
  readonly baseUrl: string;
}

/** Serve the files of a folder, as any host of pages does. */
export async function serveFolder(folder: string): Promise<FolderServer> {
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://host");
    const path = join(folder, decodeURI(pathname), pathname.endsWith("/") ? "index.html" : "");
    const answer = (text: Buffer): void => {
      res.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream").end(text);
    };
    readFile(path).then(answer, () => res.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
