import { expect, test } from "vitest";
import { startStreamServer, tokenFor } from "../../gate/streams/stream-server.ts";

const WATCH = "/countersign.demo.v1.NotesService/WatchNotes";
const EMPTY_MESSAGE = Buffer.alloc(5).toString("base64");

test("an idle stream in gRPC-Web's text mode has the header of the text mode, and ends in base64 when it is revoked", async () => {
  const { promise: abortedWith, resolve: onAbort } = Promise.withResolvers<unknown>();
  await using server = await startStreamServer({
    async *watchNotes(_request, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      onAbort(signal.reason);
    },
  });
  const authorization = `Bearer ${tokenFor(90_500, { sid: "session-1" })}`;
  const headers = { "content-type": "application/grpc-web-text", authorization };
  const response = await fetch(server.baseUrl + WATCH, { method: "POST", headers, body: EMPTY_MESSAGE });
  expect(response.headers.get("content-type")).toBe("application/grpc-web-text+proto");
  expect(Number(response.headers.get("countersign-expires-in"))).toBeGreaterThan(0);
  expect(response.headers.get("countersign-stream-owner")).not.toBeNull();
  server.revoke("session-1");
  expect(Buffer.from(await response.text(), "base64").toString()).toContain("grpc-status: 16\r\n");
  expect(await abortedWith).toMatchObject({ reason: "SESSION_REVOKED" });
});
