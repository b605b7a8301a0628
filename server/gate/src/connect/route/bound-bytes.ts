import { cutEncodedMessage, cutMessage, isMessageTooLong } from "../bound-message.ts";

/** Cuts the message of the error in what Connect has written. @returns undefined: it is short, or there is none */
export type CutBytes = (bytes: Uint8Array) => Uint8Array<ArrayBuffer> | undefined;

const MESSAGE_FIELD = "grpc-message";
const MESSAGE_LINE = `${MESSAGE_FIELD}: `;

/** What Connect writes of an error has a message; what else there is stays as it is. */
interface ErrorJson {
  readonly message?: unknown;
}

/** Cut the message in the body of a unary call of Connect. */
export const cutErrorJson: CutBytes = (bytes) => {
  const error = parseLongJson<ErrorJson>(bytes);
  const message = cutLong(error?.message, cutMessage);
  return message === undefined ? undefined : toJson({ ...error, message });
};

/** Cut the message in the last frame of a stream of Connect. */
export const cutEndJson: CutBytes = (bytes) => {
  const end = parseLongJson<{ readonly error?: ErrorJson }>(bytes);
  const message = cutLong(end?.error?.message, cutMessage);
  return message === undefined ? undefined : toJson({ ...end, error: { ...end?.error, message } });
};

/** Cut the message in the last frame of gRPC-Web, which has a line for each field of a trailer. */
export const cutTrailerLines: CutBytes = (bytes) => {
  const lines = new TextDecoder().decode(bytes).split("\r\n");
  const at = lines.findIndex((line) => line.startsWith(MESSAGE_LINE));
  const message = cutLong(lines[at]?.slice(MESSAGE_LINE.length), cutEncodedMessage);
  return message === undefined
    ? undefined
    : new TextEncoder().encode(lines.with(at, MESSAGE_LINE + message).join("\r\n"));
};

/** Cut the message in a trailer of gRPC, in its place. */
export function cutTrailer(trailer: Headers): void {
  const message = cutLong(trailer.get(MESSAGE_FIELD), cutEncodedMessage);
  if (message !== undefined) {
    trailer.set(MESSAGE_FIELD, message);
  }
}

/** @returns undefined when there is nothing to cut: what was cut before stays as it is */
function cutLong(text: unknown, cut: (text: string) => string): string | undefined {
  const bounded = typeof text === "string" ? cut(text) : undefined;
  return bounded === text ? undefined : bounded;
}

/** @returns undefined when it is too short for a long message */
function parseLongJson<Json>(bytes: Uint8Array): Json | undefined {
  const text = new TextDecoder().decode(bytes);
  return isMessageTooLong(text) ? (JSON.parse(text) as Json) : undefined; // Connect has written it
}

function toJson(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
