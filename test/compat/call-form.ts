import type { Readable } from "node:stream";

/** A call with JSON, below every RPC library. */
export interface Call {
  readonly method: string;
  /** How it is put. `get`: Connect's, without a body. Default: `connect`. */
  readonly protocol?: "connect" | "get" | "grpc" | "grpc-web" | "grpc-web-text";
  readonly token?: string;
  /** The texts of the messages. */
  readonly texts: readonly string[];
  /** Whether the method has streams. */
  readonly isStream?: boolean;
  /** Whether the body is announced but never sent. */
  readonly isWithheld?: boolean;
}

/** Find the method of HTTP by which a call is put. */
export function methodOf({ protocol }: Call): string {
  return protocol === "get" ? "GET" : "POST";
}

/** Find its path, with the query of a GET. */
export function pathOf({ method, protocol, texts: [text] }: Call): string {
  const path = `/test.v1.EchoService/${method}`;
  if (protocol !== "get") {
    return path;
  }
  return `${path}?${new URLSearchParams({ connect: "v1", encoding: "json", message: JSON.stringify({ text }) })}`;
}

/** Write its header. */
export function toFields(call: Call): Record<string, string> {
  const { token, isWithheld, protocol = "connect" } = call;
  const connect = hasEnvelopes(call) ? "application/connect+json" : "application/json";
  const types = {
    connect,
    grpc: "application/grpc+json",
    "grpc-web": "application/grpc-web+json",
    "grpc-web-text": "application/grpc-web-text+json",
  };
  return {
    ...(protocol === "get" ? {} : { "content-type": types[protocol] }),
    ...(protocol === "grpc" ? { te: "trailers" } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(isWithheld === true ? { "content-length": "20" } : {}),
  };
}

/** Check whether its messages have envelopes. */
export function hasEnvelopes({ isStream, protocol }: Call): boolean {
  return isStream === true || protocol?.startsWith("grpc") === true;
}

/** Write its body. */
export function toBody(call: Call): Buffer | string {
  const bytes = toBytes(call);
  return call.protocol === "grpc-web-text" ? bytes.toString("base64") : bytes;
}

function toBytes(call: Call): Buffer {
  const messages = call.texts.map((text) => Buffer.from(JSON.stringify({ text })));
  if (!hasEnvelopes(call)) {
    return Buffer.concat(messages);
  }
  return Buffer.concat(
    messages.flatMap((message) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      return [head, message];
    }),
  );
}

/** Read a body in base64, each part of which has padding of its own. */
export async function* decodeText(body: Readable): AsyncGenerator<Buffer> {
  let rest = "";
  for await (const chunk of body.setEncoding("latin1")) {
    const text = `${rest}${chunk}`;
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    for (const [part] of text.slice(0, whole).matchAll(/[^=]+=*/g)) {
      yield Buffer.from(part, "base64");
    }
  }
}
