import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { expect, it, onTestFinished, vi } from "vitest";
import { createOAuthEndpoint } from "../../../server/issuer/src/oauth2/oauth-endpoint.ts";
import { connectRaw, readAll, serve } from "../../node/serving.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { readingBy } from "./form-reading.ts";

const PATH = "/oauth2/token";
const TYPE = "application/x-www-form-urlencoded";

/** An endpoint on a port, with the time in the hands of the test. */
async function serveEndpoint() {
  const clock = createTestClock();
  const onError = vi.fn();
  const endpoint = createOAuthEndpoint({ ...readingBy(clock), onError }, async () => ({}));
  const serving = await serve({ endpoints: { [PATH]: endpoint }, onError });
  /** Have ten seconds pass once the server waits for a form. */
  const passTime = async (): Promise<void> => {
    await expect.poll(() => clock.scheduledMs).toContain(10_000);
    clock.advance(10_000);
  };
  return { ...serving, onError, passTime, [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose]() };
}

it("a form over HTTP/1.1 that does not arrive in ten seconds is answered, and its connection closed", async () => {
  await using server = await serveEndpoint();
  const socket = await connectRaw(server.port);
  const answer = readAll(socket);
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: ${TYPE}\r\nContent-Length: 1000\r\n\r\ngrant`,
  );
  await server.passTime();
  expect(await answer).toMatch(
    /^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*"the body did not arrive in time"/i,
  );
  expect(server.onError).not.toHaveBeenCalled();
});

it("a form over HTTP/2 that does not arrive in ten seconds is answered, and its stream closed", async () => {
  await using server = await serveEndpoint();
  const session = connectHttp2(server.origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": TYPE });
  stream.write("grant");
  const closed = once(stream, "close");
  const answered = once(stream, "response");
  stream.resume();
  await server.passTime();
  const [headers] = await answered;
  expect(headers[":status"]).toBe(408);
  await closed;
  expect(server.onError).not.toHaveBeenCalled();
});
