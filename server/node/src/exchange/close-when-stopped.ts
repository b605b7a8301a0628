import type { EventEmitter } from "node:events";
import type { Server } from "node:net";
import { type HttpRequest, type HttpResponse, isHttp2Request } from "../handler.ts";

/**
 * Have each answer over HTTP/1.1 end its connection once a server has stopped to listen. Node closes the connections that
 * are idle then, and would serve one that is busy for as long as its client asks.
 */
export function closeWhenStopped(server: Pick<Server, "listening"> & EventEmitter): void {
  // What is handed its connections by the application never listens.
  let hasListened = server.listening;
  server.on("listening", () => {
    hasListened = true;
  });
  server.prependListener("request", (req: HttpRequest, res: HttpResponse) => {
    if (hasListened && !server.listening && !isHttp2Request(req)) {
      res.setHeader("connection", "close");
    }
  });
}
