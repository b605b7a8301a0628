import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { ECHO_PATH, toGrpcFrame } from "../fixture/echo.ts";
import { wait } from "../run/machine.ts";
import { callEcho, UNAUTHENTICATED } from "./grpc-call.ts";

/** How long a server may take to close a connection that it announced to close, in milliseconds. */
const CLOSE_MS = 5000;

/**
 * Send a large message without a token, over HTTP/2 as gRPC, and go on sending for as long as the server lets us.
 *
 * @throws Error when the call was not refused for want of a token
 */
export async function uploadOverHttp2(port: number, message: Uint8Array): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, "connect");
  const { status } = await callEcho(session, undefined, toGrpcFrame(message));
  session.destroy();
  if (status !== UNAUTHENTICATED) {
    throw new Error(`the upload was answered with gRPC status ${status}`);
  }
}

/** The same over HTTP/1.1, as Connect. */
export async function uploadOverHttp1(port: number, message: Uint8Array): Promise<void> {
  const headers = { "content-type": "application/proto", "content-length": message.length };
  const req = request({ host: "127.0.0.1", port, path: ECHO_PATH, method: "POST", agent: false, headers });
  const closed = new Promise((resolve) => req.once("close", resolve));
  const status = new Promise<number | undefined>((resolve, reject) => {
    req.once("response", (res) => resolve(res.resume().statusCode));
    // Once the answer is there, a server may cut off what it did not want.
    req.on("error", reject);
  });
  req.end(message);
  const answered = await status;
  await Promise.race([closed, wait(CLOSE_MS)]);
  req.destroy();
  if (answered !== 401) {
    throw new Error(`the upload was answered with status ${answered}`);
  }
}
