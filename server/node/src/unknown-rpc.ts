import type { HttpRequest, HttpResponse } from "./handler.ts";
import { type PlainResponse, respond, respondJson } from "./respond.ts";

/** The message for the caller of an RPC that does not exist. gRPC needs no escapes for it. */
const MESSAGE = "there is no such RPC";
const UNIMPLEMENTED = { code: "unimplemented", message: MESSAGE } as const;

/** The status `UNIMPLEMENTED` of gRPC. */
const STATUS = { "grpc-status": "12", "grpc-message": MESSAGE } as const;

/** Flags of the message that ends a stream. */
const CONNECT_END = 0x02;
const GRPC_WEB_END = 0x80;

const GRPC_WEB_BODY = frame(GRPC_WEB_END, toLines(STATUS));
const CONNECT_BODY = frame(CONNECT_END, JSON.stringify({ error: UNIMPLEMENTED }));

/** How the protocols that stream say it, by the content type of the request. */
const PROTOCOLS: readonly {
  readonly contentType: RegExp;
  readonly answer: Pick<PlainResponse, "headers" | "body">;
}[] = [
  // Trailers-Only: the status stands in the header, because there is nothing else.
  { contentType: /^application\/grpc(\+[\w.-]+)?$/, answer: { headers: STATUS } },
  { contentType: /^application\/grpc-web(\+[\w.-]+)?$/, answer: { body: GRPC_WEB_BODY } },
  {
    contentType: /^application\/grpc-web-text(\+[\w.-]+)?$/,
    answer: { body: GRPC_WEB_BODY.toString("base64") },
  },
  { contentType: /^application\/connect\+[\w.-]+$/, answer: { body: CONNECT_BODY } },
];

/** The codecs of Connect's unary calls. */
const CONNECT_UNARY = /^application\/(proto|json)$/;

/**
 * Answer an RPC that is not served, in the form in which its protocol says so: its client reads no other.
 *
 * A unary call of Connect gets status 404, as from Connect's own adapters, with its error in the body: to a client
 * of any other kind that is a page that was not found.
 */
export function respondUnknownRpc(req: HttpRequest, res: HttpResponse): "answered" | "not an RPC" {
  const contentType = (req.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const protocol = PROTOCOLS.find((candidate) => candidate.contentType.test(contentType));
  if (protocol !== undefined) {
    const { answer } = protocol;
    respond(res, { status: 200, ...answer, headers: { "content-type": contentType, ...answer.headers } });
    return "answered";
  }
  if (!isConnectUnary(req, contentType)) {
    return "not an RPC";
  }
  respondJson(res, 404, UNIMPLEMENTED);
  return "answered";
}

function isConnectUnary({ method, url = "" }: HttpRequest, contentType: string): boolean {
  if (method === "POST") {
    return CONNECT_UNARY.test(contentType);
  }
  return method === "GET" && new URLSearchParams(url.split("?", 2)[1]).get("connect") === "v1";
}

function toLines(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}

function frame(flags: number, text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}
