import type { Response } from "./answer.ts";
import { describeBody, describeFields } from "./fields.ts";

/** Read the responses that came over one connection of HTTP/1.1, one behind the other. */
export function parseResponses(received: Buffer): readonly Response[] {
  const responses: Response[] = [];
  for (let rest = received; rest.length > 0; ) {
    const { response, length } = parseResponse(rest);
    responses.push(response);
    rest = rest.subarray(length);
  }
  return responses;
}

interface Parsed {
  readonly response: Response;
  /** How many bytes it took. */
  readonly length: number;
}

function parseResponse(bytes: Buffer): Parsed {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) {
    return { response: cut(bytes), length: bytes.length };
  }
  const [statusLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const headers = toFields(lines);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  const rest = bytes.subarray(headEnd + 4);
  const body = status < 200 ? { data: Buffer.alloc(0), trailers: [], length: 0 } : readBody(rest, headers);
  return {
    response: {
      ...{ status, headers: [statusLine, ...headers], isOver: false },
      ...{ body: describeBody(body.data), trailers: body.trailers },
    },
    length: headEnd + 4 + body.length,
  };
}

/** What is no whole header: a server that broke off. */
function cut(bytes: Buffer): Response {
  return { status: Number.NaN, headers: [], isOver: false, body: describeBody(bytes), trailers: [] };
}

interface Body {
  readonly data: Buffer;
  readonly trailers: readonly string[];
  readonly length: number;
}

function readBody(bytes: Buffer, headers: readonly string[]): Body {
  if (headers.some((header) => /^transfer-encoding: chunked$/i.test(header))) {
    return readChunks(bytes);
  }
  const field = headers.find((header) => /^content-length: /i.test(header));
  const length = field === undefined ? bytes.length : Number(field.slice("content-length: ".length));
  return { data: bytes.subarray(0, length), trailers: [], length: Math.min(length, bytes.length) };
}

/** Where one chunk ends and the next begins is the server's own choice. */
function readChunks(bytes: Buffer): Body {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    if (lineEnd < 0 || !Number.isFinite(size)) {
      // The answer was cut off: that must show.
      return { data: Buffer.concat(chunks), trailers: ["(cut off)"], length: bytes.length };
    }
    at = lineEnd + 2;
    if (size === 0) {
      break;
    }
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  const end = bytes.indexOf("\r\n\r\n", at - 2);
  const lines = bytes.subarray(at, Math.max(at, end)).toString("latin1").split("\r\n");
  return { data: Buffer.concat(chunks), trailers: toFields(lines), length: end < 0 ? bytes.length : end + 4 };
}

function toFields(lines: readonly string[]): readonly string[] {
  const raw = lines
    .filter((line) => line !== "")
    .flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  return describeFields(raw);
}
