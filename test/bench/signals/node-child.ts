import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { RevocationDimension, WatchResponseSchema } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { toGrpcFrame } from "../fixture/echo.ts";
import { answerParent } from "../run/answer-parent.ts";
import { cpuMicroseconds, residentBytes } from "../run/own-use.ts";

/** A server of Node alone that knows of no tokens and no store: what watchers take of memory and time before ours does anything. */
const streams = new Set<ServerHttp2Stream>();
let sent = 0;

async function start(): Promise<{ readonly port: number; readonly token: string }> {
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    streams.add(stream);
    stream.once("close", () => streams.delete(stream));
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.resume();
    // What a watcher that comes later has missed.
    for (let id = 1; id <= sent; id += 1) {
      stream.write(toFrame(id));
    }
    stream.write(toFrame());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, token: "none" };
}

/** Write a message with one revocation, or none. */
function toFrame(id?: number): Uint8Array {
  const revocation = {
    dimension: RevocationDimension.SID,
    issuer: "https://auth.example.com",
    match: { case: "value" as const, value: `session-${String(id).padStart(14, "0")}` },
    expiresAtMs: 1n,
  };
  const revocations = id === undefined ? [] : [revocation];
  const kind = { case: "revocations" as const, value: { cursor: 1n, revocations } };
  return toGrpcFrame(toBinary(WatchResponseSchema, create(WatchResponseSchema, { kind })));
}

/** Send so many messages to all, one after another. */
async function revoke({ count }: { readonly count: number }): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    sent += 1;
    const frame = toFrame(sent);
    for (const stream of streams) {
      stream.write(frame);
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

answerParent({
  start,
  revoke,
  cpuMicroseconds,
  residentBytes,
});
