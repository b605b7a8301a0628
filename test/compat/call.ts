import { request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Readable, Writable } from "node:stream";
import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { type Call, decodeText, hasEnvelopes, methodOf, pathOf, toBody, toFields } from "./call-form.ts";
import { SEEN } from "./program/service.ts";

/** What came of a call. */
export interface Outcome {
  /** 0: there was no answer. */
  readonly status: number;
  /** What the handler answered, message by message. */
  readonly texts: readonly string[];
  /** Why it was refused or ended. Undefined: it was not. */
  readonly reason: string | undefined;
  /** Who called, as an interceptor of the application saw it. Null: it did not run. */
  readonly seen: string | null;
}

/** A call that is under way. */
export interface OpenCall {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Settles with the first message, or with the end if that comes before. */
  readonly first: Promise<void>;
  /** Break it off. */
  readonly giveUp: () => void;
}

/** Calls one server. */
export interface Caller extends Disposable {
  readonly start: (call: Call) => OpenCall;
}

/** Create what calls one server. */
export function createCaller(origin: string, httpVersion: "1.1" | "2"): Caller {
  const session = httpVersion === "2" ? connect(origin).on("error", () => {}) : undefined;
  const start = (call: Call): OpenCall => {
    const first = Promise.withResolvers<void>();
    const { answer, body } = session === undefined ? startHttp1(origin, call) : startHttp2(session, call);
    if (call.isWithheld !== true) {
      body.end(call.protocol === "get" ? undefined : toBody(call));
    }
    const outcome = answer
      .then((found) => readOutcome(found, call, first.resolve))
      .catch((error: unknown) => ({ status: 0, texts: [], reason: String(error), seen: null }))
      .finally(() => {
        first.resolve();
        if (call.isWithheld === true) {
          body.destroy();
        }
      });
    return { outcome, first: first.promise, giveUp: () => body.destroy(new Error("never ended")) };
  };
  return { start, [Symbol.dispose]: () => session?.destroy() };
}

/** What of HTTP is looked at. */
interface Answer {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Readable;
  /** Complete when the body has ended. */
  readonly trailer: Fields;
}

type Fields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

interface Started {
  readonly answer: Promise<Answer>;
  readonly body: Writable;
}

function startHttp1(origin: string, call: Call): Started {
  const options = { method: methodOf(call), headers: toFields(call), agent: false };
  const body = request(`${origin}${pathOf(call)}`, options);
  const answer = new Promise<Answer>((resolve, reject) => {
    body.on("error", reject);
    body.on("response", (res) => {
      resolve({ status: res.statusCode ?? 0, fields: res.headers, body: res, trailer: {} });
    });
    if (call.isWithheld === true) {
      body.flushHeaders();
    }
  });
  return { answer, body };
}

function startHttp2(session: ClientHttp2Session, call: Call): Started {
  const pseudo = { ":method": methodOf(call), ":path": pathOf(call) };
  const body = session.request({ ...pseudo, ...toFields(call) });
  const trailer = {};
  body.on("trailers", (fields) => void Object.assign(trailer, fields));
  const answer = new Promise<Answer>((resolve, reject) => {
    // What comes behind the answer, such as a reset of a body that is not wanted, changes nothing.
    body.on("error", reject);
    body.on("response", (fields) => {
      resolve({ status: Number(fields[":status"]), fields, body, trailer });
    });
  });
  return { answer, body };
}

/** The flags of the envelopes that end a stream of Connect, and one of gRPC-Web. */
const CONNECT_END = 2;
const WEB_TRAILER = 0x80;

async function readOutcome(answer: Answer, call: Call, onMessage: () => void): Promise<Outcome> {
  const texts: string[] = [];
  const { status, fields, body, trailer } = answer;
  // A call of gRPC that is refused at once has its trailer in the header.
  let reason = reasonOfTrailer(fields);
  let rest = Buffer.alloc(0);
  for await (const chunk of call.protocol === "grpc-web-text" ? decodeText(body) : body) {
    rest = Buffer.concat([rest, chunk]);
    while (hasEnvelopes(call) && rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      const text = rest.toString("utf8", 5, end);
      if (rest[0] === WEB_TRAILER) {
        reason = reasonOfTrailer(parseFields(text));
      } else if (rest[0] === CONNECT_END) {
        reason = reasonOf(JSON.parse(text).error);
      } else {
        texts.push(JSON.parse(text).text);
      }
      rest = rest.subarray(end);
      onMessage();
    }
  }
  if (!hasEnvelopes(call) && rest.length > 0) {
    const message = JSON.parse(rest.toString());
    if (status === 200) {
      texts.push(message.text);
    } else {
      reason = reasonOf(message);
    }
  }
  const seen = fields[SEEN]?.toString() ?? null;
  return { status, texts, reason: reason ?? reasonOfTrailer(trailer), seen };
}

const INFO = "google.rpc.ErrorInfo";
const NO_REASON = "no reason";

interface WireError {
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

function reasonOf(error: WireError | undefined): string | undefined {
  if (error === undefined) {
    return undefined;
  }
  const info = error.details?.find(({ type }) => type === INFO);
  return info === undefined ? NO_REASON : fromBinary(ErrorInfoSchema, base64Decode(info.value)).reason;
}

function parseFields(text: string): Fields {
  const lines = text.split("\r\n").map((line) => line.split(/: */, 2));
  return Object.fromEntries(lines.map(([name = "", value]) => [name.toLowerCase(), value]));
}

/** The reason is the first word in capitals behind the name of its type. */
function reasonOfTrailer(fields: Fields): string | undefined {
  const status = fields["grpc-status"]?.toString();
  if (status === undefined || status === "0") {
    return undefined;
  }
  const details = Buffer.from(fields["grpc-status-details-bin"]?.toString() ?? "", "base64");
  const [, reason = NO_REASON] = /ErrorInfo.*?([A-Z_]{6,})/s.exec(details.toString("latin1")) ?? [];
  return reason;
}
