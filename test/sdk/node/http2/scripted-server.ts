import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Kind, Script } from "./script.ts";

/** The header by which a request names its script. */
export const SCRIPT_HEADER = "x-script";

/** A server that does with each request what its script says. */
export interface ScriptedServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** What the server has read of each request, by its script: header, and length of the body. */
  readonly seen: Map<string, Promise<unknown>>;
}

/** Start it. */
export async function startScriptedServer(scripts: ReadonlyMap<string, Script>): Promise<ScriptedServer> {
  const seen = new Map<string, Promise<unknown>>();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => void sessions.add(session.on("error", () => undefined)));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => undefined);
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    const name = String(headers[SCRIPT_HEADER]);
    const body = new Promise<Buffer>((resolve) => {
      stream.once("end", () => resolve(Buffer.concat(chunks)));
      stream.once("close", () => resolve(Buffer.concat(chunks)));
    });
    const { ":authority": _, "countersign-stream-id": __, ...rest } = headers;
    seen.set(
      name,
      body.then((bytes) => ({ ...rest, body: bytes.toString("base64") })),
    );
    const [kind = ""] = name.split(" ");
    void scripts.get(name)?.(stream, { kind: kind as Kind, headers, body }); // the client puts it there
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) {
        session.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
