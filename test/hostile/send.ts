import { type ClientSessionOptions, connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import type { HostileCase } from "./hostile-case.ts";

/** What came back. */
export interface HostileAnswer {
  /** HTTP's status. */
  readonly status: number;
  /** gRPC's status; undefined over HTTP/1.1. */
  readonly grpcStatus: string | undefined;
  /** Everything that the caller can read: header, body and trailer. */
  readonly text: string;
}

const pathOf = ({ method = "Call", query = "" }: HostileCase) => `/test.v1.EchoService/${method}${query}`;

/** Call with Connect and JSON over HTTP/1.1: bytes on a socket, below every client. */
export async function sendHttp1(port: number, hostile: HostileCase): Promise<HostileAnswer> {
  const fields = [
    ["host", "ledger.example"],
    ["content-type", "application/json"],
    ["content-length", "2"],
    ["connection", "close"],
    ...hostile.fields,
  ];
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  // Text of Latin-1, so that a byte can be written as a character.
  socket.write(Buffer.from(`POST ${pathOf(hostile)} HTTP/1.1\r\n${head}\r\n{}`, "latin1"));
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
  }
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  return { status, grpcStatus: undefined, text };
}

/** Without it, Node's client would not send a header twice. */
const HTTP2_OPTIONS: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  strictSingleValueFields: false,
};

/** Call with gRPC over HTTP/2 in the clear. */
export async function sendHttp2(port: number, hostile: HostileCase): Promise<HostileAnswer> {
  const session = connectHttp2(`http://127.0.0.1:${port}`, HTTP2_OPTIONS);
  try {
    const { head, body } = await new Promise<{ head: Record<string, unknown>; body: string }>(
      (resolve, reject) => {
        session.on("error", reject);
        // Names and values in turn: an object could not hold a name twice.
        const stream = session.request([
          ...[":method", "POST", ":path", pathOf(hostile), ":scheme", "http", ":authority", "ledger.example"],
          ...["content-type", "application/grpc+proto", "te", "trailers"],
          ...hostile.fields.flat(),
        ]);
        let headers: Record<string, unknown> = {};
        let text = "";
        stream.on("response", (fields) => (headers = { ...headers, ...fields }));
        stream.on("trailers", (fields) => (headers = { ...headers, ...fields }));
        stream.on("error", reject);
        stream.setEncoding("latin1");
        stream.on("data", (chunk: string) => (text += chunk));
        stream.on("end", () => resolve({ head: headers, body: text }));
        stream.end(Buffer.alloc(5));
      },
    );
    return {
      status: Number(head[":status"]),
      grpcStatus: typeof head["grpc-status"] === "string" ? head["grpc-status"] : undefined,
      text: `${Object.entries(head)
        .map(([name, value]) => `${name}: ${name.endsWith("-bin") ? decode(value) : String(value)}`)
        .join("\n")}\n${body}`,
    };
  } finally {
    session.destroy();
  }
}

function decode(value: unknown): string {
  return Buffer.from(String(value), "base64").toString("latin1");
}
