import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { answerParent } from "../run/answer-parent.ts";
import type { ServerName, ServerOptions } from "./server.ts";
import type { StartSide } from "./side.ts";

/** Each is loaded when it is started: no server carries the code of the others. */
const SIDES: Readonly<Record<ServerName, () => Promise<StartSide>>> = {
  countersign: async () => (await import("./countersign.ts")).startCountersign,
  "countersign-before": async () => (await import("./countersign-before.ts")).startCountersignBefore,
  "connect-no-auth": async () => (await import("./connect.ts")).startConnectNoAuth,
  "connect-no-auth-http1": async () => (await import("./connect.ts")).startConnectNoAuthHttp1,
  "connect-jose-per-call": async () => (await import("./connect.ts")).startConnectJose,
  "connect-jose-per-call-http1": async () => (await import("./connect.ts")).startConnectJoseHttp1,
  "grpcjs-jsonwebtoken": async () => (await import("./grpc-js.ts")).startGrpcJsJsonwebtoken,
  "grpcjs-no-auth": async () => (await import("./grpc-js.ts")).startGrpcJsNoAuth,
};

/** The bytes that each connection brought, once it was closed. */
const closed: number[] = [];
let open = 0;

// Node tells here of every connection of every server, below HTTP: the same way to count for all sides.
subscribe("net.server.socket", (message) => {
  const { socket } = message as { readonly socket: Socket }; // as documented for this channel
  open += 1;
  socket.once("close", () => {
    open -= 1;
    closed.push(socket.bytesRead);
  });
});

answerParent({
  start: async ({ name, keys, before = "" }: ServerOptions & { readonly name: ServerName }) => {
    const start = await SIDES[name]();
    return await start(keys, before);
  },
  processorSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  /** Says what was read since it was last asked; undefined as long as a connection is open. */
  takeBytesRead: () => (open > 0 ? undefined : closed.splice(0).reduce((sum, bytes) => sum + bytes, 0)),
  /** Says what memory this process has, after it was collected. */
  residentBytes: () => {
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
    }
    return process.memoryUsage.rss();
  },
});
