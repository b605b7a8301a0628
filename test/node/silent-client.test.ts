import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import type { ListenOptions } from "../../server/node/src/listener.ts";
import { holdTime } from "../support/fake-time.ts";
import { FRAME, OPENING, toFrame } from "../support/http2-frames.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { serveHandler } from "./serving.ts";

holdTime();

const certificate = createSelfSigned();

/**
 * Connect without closing when the server does: so do clients with a stream that they have left unread. What it writes is
 * not held back for the acknowledgement of what it wrote before.
 */
const connectHalfOpen = (port: number): Socket =>
  connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });

const CONNECTIONS = {
  "in plain text": { options: {}, connect: connectHalfOpen },
  "over TLS": {
    options: { tls: certificate },
    connect: (port: number) =>
      connectTls({ socket: connectHalfOpen(port), ca: certificate.cert, ALPNProtocols: ["h2"] }),
  },
} satisfies Readonly<
  Record<string, { readonly options: ListenOptions; readonly connect: (port: number) => Socket }>
>;

/** Longer than any test lets pass. */
const GRACE_MS = 24 * 3_600_000;

const PING = toFrame(FRAME.ping, 0, 0, new Uint8Array(8));

describe.each(Object.entries(CONNECTIONS))("a client that keeps its side of HTTP/2 open, %s", (_, way) => {
  /** A listener that closes, and a client that has read to the end of what it sends. */
  async function beginClosing() {
    const serving = await serveHandler((_req, res) => res.end(), way.options);
    const socket = way.connect(serving.port).on("error", () => undefined);
    socket.write(OPENING);
    await once(socket, "data");
    const state = { isClosed: false };
    const ended = once(socket.resume(), "end");
    void serving.listener.close(GRACE_MS).then(() => (state.isClosed = true));
    await ended;
    return { socket, state };
  }

  it("is not waited for when it is silent", async () => {
    const { socket, state } = await beginClosing();
    const pass = (): boolean => {
      vi.advanceTimersByTime(500);
      return state.isClosed;
    };
    await expect.poll(pass).toBe(true);
    socket.destroy();
  });

  it("is waited for while it sends, as one does that still reads", async () => {
    const { socket, state } = await beginClosing();
    for (let step = 0; step < 20; step += 1) {
      await new Promise((resolve) => socket.write(PING, resolve));
      await passTurns();
      vi.advanceTimersByTime(500);
      await passTurns();
      expect(state.isClosed).toBe(false);
    }
    socket.destroy();
    await expect.poll(() => state.isClosed).toBe(true);
  });
});

/** Let the event loop take what was written off the loopback, and close what was destroyed. */
async function passTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
