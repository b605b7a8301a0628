import { connect } from "node:http2";

/** A call as bytes, which no client would send. */
export interface RawCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Send a POST over HTTP/2 without TLS, below every RPC library, and wait for the whole answer, or for the end of
 * the stream when the server cuts it.
 *
 * Each call has a connection of its own: Node's client never forgets the memory of a body that a server refused,
 * and breaks off the connection after a few.
 */
export function sendRaw(baseUrl: string, { path, headers, body }: RawCall): Promise<RawAnswer> {
  const session = connect(baseUrl);
  return new Promise<RawAnswer>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    let answer: RawAnswer = { status: 0, body: "" };
    stream.setEncoding("utf8");
    stream.on("response", (head) => {
      answer = { ...answer, status: Number(head[":status"]) };
    });
    stream.on("data", (chunk: string) => {
      answer = { ...answer, body: answer.body + chunk };
    });
    // A server that refuses a huge body resets the stream behind its answer: what counts is the answer.
    stream.on("error", (reason) => (answer.status === 0 ? reject(reason) : resolve(answer)));
    stream.on("close", () => resolve(answer));
    stream.end(body);
  }).finally(() => session.destroy());
}
