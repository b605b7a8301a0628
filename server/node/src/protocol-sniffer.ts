import type { Socket } from "node:net";
import { systemClock } from "@countersign/server/internal";
import { afterReading } from "./exchange/after-reading.ts";

/** What a connection speaks: HTTP/1.1, or HTTP/2 with prior knowledge. */
export type HttpProtocol = "http1" | "http2";

/** The first bytes of every HTTP/2 connection (RFC 9113 §3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** How to find out which protocol a connection speaks. */
export interface SnifferOptions {
  /** How long the first bytes may take, in milliseconds; then the connection is destroyed. */
  readonly timeoutMs: number;
  /** Takes the connection over. Every byte that was read is in the socket's buffer again. */
  readonly onProtocol: (protocol: HttpProtocol, socket: Socket) => void;
}

/** Find out what a new connection speaks, from its first bytes. */
export function sniffProtocol(socket: Socket, { timeoutMs, onProtocol }: SnifferOptions): void {
  let seen = Buffer.alloc(0);
  let isWaiting = true;
  const giveUp = (): void => {
    if (isWaiting) {
      socket.destroy();
    }
  };
  const cancelTimer = systemClock.schedule(() => afterReading(giveUp), timeoutMs);

  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const protocol = protocolOf(seen);
    if (protocol === undefined) {
      return;
    }
    stop();
    socket.pause();
    socket.unshift(seen);
    onProtocol(protocol, socket);
  };
  const onGone = (): void => {
    stop();
    socket.destroy();
  };
  const stop = (): void => {
    isWaiting = false;
    cancelTimer();
    socket.off("data", onData).off("end", onGone).off("error", onGone).off("close", onGone);
  };
  socket.on("data", onData).on("end", onGone).on("error", onGone).on("close", onGone);
}

function protocolOf(seen: Buffer): HttpProtocol | undefined {
  const length = Math.min(seen.length, PREFACE.length);
  if (!seen.subarray(0, length).equals(PREFACE.subarray(0, length))) {
    return "http1";
  }
  return length === PREFACE.length ? "http2" : undefined;
}
