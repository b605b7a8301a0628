import { expect, it } from "vitest";
import { connectRaw, readAll, serve } from "./serving.ts";

const json = "Content-Type: application/json\r\nContent-Length: 2";
const REQUESTS = {
  "a document": { head: "GET /document HTTP/1.1", body: "" },
  "a path that is not there": { head: "GET /nothing HTTP/1.1", body: "" },
  "an RPC that is not there": { head: `POST /a.B/C HTTP/1.1\r\n${json}`, body: "{}" },
} as const;

it.each(Object.entries(REQUESTS))(
  "a connection of HTTP/1.1 is kept after %s, when the request came whole",
  async (_, { head, body }) => {
    await using serving = await serve({
      endpoints: { "/document": async () => Response.json({ some: "value" }) },
    });
    const socket = await connectRaw(serving.port);
    const answers = readAll(socket);
    const request = (connection: string) => `${head}\r\nHost: a\r\nConnection: ${connection}\r\n\r\n${body}`;
    socket.write(request("keep-alive") + request("close"));
    expect((await answers).match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(2);
  },
);

it("a connection of HTTP/1.1 is closed after an RPC that is not there, when its body is still to come", async () => {
  await using serving = await serve();
  const socket = await connectRaw(serving.port);
  const answers = readAll(socket);
  socket.write(`${REQUESTS["an RPC that is not there"].head}\r\nHost: a\r\n\r\n`);
  expect(await answers).toMatch(/^HTTP\/1\.1 404 [\s\S]*connection: close/i);
});
