import { globSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
};

/** Read the files of a built page, and answer requests for them. */
export function readPages(folder: string): (request: Request) => Promise<Response | undefined> {
  const files = globSync("**/*.*", { cwd: folder }).map((path): [string, Uint8Array<ArrayBuffer>] => [
    `/${path}`,
    new Uint8Array(readFileSync(join(folder, path))),
  ]);
  const byPath = new Map(files);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname === "/" ? "/index.html" : pathname;
    const file = byPath.get(path);
    const headers = { "content-type": TYPES[extname(path)] ?? "application/octet-stream" };
    return file && new Response(file, { headers });
  };
}
