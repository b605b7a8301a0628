import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { holdTime } from "../../support/fake-time.ts";
import { serveClosedGate } from "../closed-gate.ts";
import { connectRaw, readAll } from "../serving.ts";

/** Far more than is taken of a body that nobody wants. */
const BODY_BYTES = 8 * 1024 * 1024;

holdTime();

describe.each([true, false])("a rejected call over HTTP/1.1, with the fast path: %s", (unaryFastPath) => {
  const head = (length: number) =>
    [
      "POST /countersign.demo.v1.NotesService/CreateNote HTTP/1.1",
      "Host: a",
      "Content-Type: application/json",
      `Content-Length: ${length}`,
      "\r\n",
    ].join("\r\n");

  it("gives the whole answer, then closes after at most 64 KiB more", async () => {
    await using serving = await serveClosedGate(unaryFastPath);
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(head(BODY_BYTES));
    socket.write(Buffer.alloc(BODY_BYTES, "x"));
    await once(socket, "end");
    vi.advanceTimersByTime(1_000);
    expect(await answer).toMatch(
      /^HTTP\/1\.1 401 Unauthorized[\s\S]*connection: close[\s\S]*"no token was sent"\}$/i,
    );
    // The first read of 64 KiB, 64 KiB to drain, and one read ahead, each beside what the header took.
    expect(serving.bytesRead()).toBeLessThanOrEqual(200_000);
  });

  it("takes the rest of a small body, so that a caller that still sends is not cut off", async () => {
    await using serving = await serveClosedGate(unaryFastPath);
    const socket = await connectRaw(serving.port);
    const closed = once(socket, "close");
    const answer = readAll(socket);
    socket.write(head(10_000));
    await once(socket, "data");
    await new Promise((resolve) => socket.write("x".repeat(5_000), resolve));
    await new Promise<void>((resolve) => socket.end("x".repeat(5_000), resolve));
    const [hadError] = await closed;
    expect(hadError).toBe(false);
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("closes after a second when the rest never comes", async () => {
    await using serving = await serveClosedGate(unaryFastPath);
    // A caller that does not hang up when the server has said its last word.
    const socket = connect({ port: serving.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined).resume();
    socket.write(head(1000));
    await once(socket, "end");
    vi.advanceTimersByTime(999);
    const before = serving.bytesRead();
    socket.write("x");
    await eventually(() => serving.bytesRead() > before || undefined);
    vi.advanceTimersByTime(1);
    const refusal = await eventually(() => {
      socket.write("x");
      return socket.errored ?? undefined;
    });
    expect(refusal).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  });

  it("answers no second request on that connection", async () => {
    await using serving = await serveClosedGate(unaryFastPath);
    const socket = await connectRaw(serving.port);
    const answer = readAll(socket);
    socket.write(head(20));
    await once(socket, "data");
    socket.end(`${"x".repeat(20)}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect((await answer).match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(serving.requests()).toBe(1);
  });

  it("keeps the connection when the request had arrived whole", async () => {
    await using serving = await serveClosedGate(unaryFastPath);
    const socket = await connectRaw(serving.port);
    const answers = readAll(socket);
    const last = head(2).replace("Host: a", "Host: a\r\nConnection: close");
    socket.write(`${head(2)}{}${last}{}`);
    expect((await answers).match(/HTTP\/1\.1 401 /g)).toHaveLength(2);
  });
});
