import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import { ECHO_FRAME, ECHO_PATH } from "../fixture/echo.ts";

/** How a call of gRPC went. */
export interface GrpcAnswer {
  /** Its gRPC status; undefined when it brought none. */
  readonly status: number | undefined;
  readonly body: Buffer;
}

/** The header of a call to the echo. @param token absent: without one */
function toGrpcHeaders(token: string | undefined): OutgoingHttpHeaders {
  return {
    ":method": "POST",
    ":path": ECHO_PATH,
    "content-type": "application/grpc",
    te: "trailers",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** Call the echo over an open connection. Rejects when the connection breaks before the answer is there. */
export function callEcho(
  session: ClientHttp2Session,
  token?: string,
  body = ECHO_FRAME,
): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(toGrpcHeaders(token));
    const chunks: Buffer[] = [];
    let status: number | undefined;
    // A refusal has its status in the header, a good answer in the trailers.
    const readStatus = (headers: { readonly "grpc-status"?: unknown }): void => {
      if (headers["grpc-status"] !== undefined) {
        status = Number(headers["grpc-status"]);
      }
    };
    stream.on("response", readStatus).on("trailers", readStatus);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    // What counts is the answer: a server that refuses a call may reset its stream behind it.
    stream.on("error", (error) => (status === undefined ? reject(error) : undefined));
    stream.on("close", () => resolve({ status, body: Buffer.concat(chunks) }));
    stream.end(body);
  });
}

/** The status of a call whose caller is not known. */
export const UNAUTHENTICATED = 16;
