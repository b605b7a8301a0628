import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { END_HEADERS, END_STREAM, encodeFields, FRAME, OPENING, toFrame } from "../support/http2-frames.ts";
import { connectRaw, serveHandler } from "./serving.ts";

const HEADER_TIMEOUT_MS = 100;
const ANSWER = "the answer";
const SETTINGS_BYTES = 9;
const REQUEST = encodeFields([
  [":method", "GET"],
  [":path", "/"],
  [":scheme", "http"],
  [":authority", "a"],
]);

/** Let no timer fire and no byte be read for longer than a client has for its header. */
function takeLong(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * HEADER_TIMEOUT_MS);
}

/** Read until the answer is there, or the connection is closed. */
async function readAnswer(socket: Socket): Promise<string> {
  let received = "";
  for await (const part of socket) {
    received += String(part);
    if (received.includes(ANSWER)) {
      break;
    }
  }
  return received;
}

const CLIENTS = {
  "all of HTTP/1.1": ["", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
  "the first bytes of HTTP/2": [
    "",
    Buffer.concat([OPENING, toFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, REQUEST)]),
  ],
  "its settings": [
    OPENING.subarray(0, OPENING.length - SETTINGS_BYTES),
    Buffer.concat([
      OPENING.subarray(OPENING.length - SETTINGS_BYTES),
      toFrame(FRAME.headers, END_HEADERS | END_STREAM, 1, REQUEST),
    ]),
  ],
} as const;

it.each(Object.entries(CLIENTS))(
  "a client that has sent %s in time is answered, however long the turn of the server then was",
  async (_, [before, inTime]) => {
    await using serving = await serveHandler((_req, res) => void res.end(ANSWER), {
      limits: { headerTimeoutMs: HEADER_TIMEOUT_MS },
    });
    const socket = await connectRaw(serving.port);
    if (before.length > 0) {
      socket.write(before);
      await once(socket, "data"); // the server has taken the connection over, and sent its settings
    }
    socket.write(inTime);
    takeLong();
    expect(await readAnswer(socket)).toContain(ANSWER);
    socket.destroy();
  },
);
