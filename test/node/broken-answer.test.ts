import { once } from "node:events";
import { connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { guardNodeServer } from "../../server/node/src/guard-node-server.ts";

test("an answer over HTTP/2 that breaks off does not look whole", async () => {
  const errors: unknown[] = [];
  const server = createServer((_req, res) => {
    res.writeHead(200);
    res.write("row 1\n");
    throw new Error("row 2 is gone");
  });
  guardNodeServer(server, { onError: (error) => void errors.push(error) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // it listens on TCP
  const stream = session.request();
  stream.on("error", () => {}).resume();
  await once(stream, "close").catch(() => {});
  expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(errors).toEqual([new Error("row 2 is gone")]);
  session.destroy();
  server.close();
});
