import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Code, type ConnectError } from "@connectrpc/connect";

const DOMAIN = "countersign";
// A mistake in a header must not lock anybody out for a year.
const MAX_WAIT_MS = 86_400_000;
// What says that a token, its session or its stream is over; the rest needs something else than a newer token.
const TOKEN_REASON = /^(TOKEN|SESSION|STREAM)_/;

/** What a Countersign server says about a refused call. */
export interface Refusal {
  /** The cause, such as `TOKEN_EXPIRED`. */
  readonly reason: string;
  /** What led to it, such as `reuse_detected`; empty when the server does not say. */
  readonly cause: string;
}

/** Read why a Countersign server refused a call; `undefined` when the error is not from one. */
export function refusalOf(error: ConnectError): Refusal | undefined {
  const [, [reason] = [], [domain] = [], metadata = []] = detailOf(error, "ErrorInfo");
  if (textOf(domain) !== DOMAIN) return undefined;
  const pair = metadata.map(fieldsOf).find((fields) => textOf(fields[1]?.[0]) === "cause");
  return { reason: textOf(reason), cause: textOf(pair?.[2]?.[0]) };
}

/**
 * Read how long the server asks to wait, in milliseconds: from `google.rpc.RetryInfo`, else from the header
 * Retry-After; `undefined` when it does not say.
 */
export function retryAfterMsOf(error: ConnectError): number | undefined {
  const [, [delay] = []] = detailOf(error, "RetryInfo");
  const [, [seconds = 0] = [], [nanos = 0] = []] = fieldsOf(delay);
  return delay === undefined
    ? parseRetryAfterMs(error.metadata.get("retry-after"))
    : toWaitMs(Number(seconds) * 1000 + Number(nanos) / 1e6);
}

/** Read the header Retry-After: seconds, or a date on this machine's clock (RFC 9110 §10.2.3). */
export function parseRetryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  return toWaitMs(/^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now());
}

function toWaitMs(waitMs: number): number | undefined {
  return waitMs >= 0 ? Math.min(waitMs, MAX_WAIT_MS) : undefined;
}

/** Say whether an error means that the token of the call was refused, so that a newer one may help. */
export function isTokenRefused(error: ConnectError): boolean {
  return error.code === Code.Unauthenticated && TOKEN_REASON.test(refusalOf(error)?.reason ?? "TOKEN_");
}

/** The values of a protobuf message by field number: bytes of a text or a message, or a whole number. */
type Fields = readonly (readonly (Uint8Array | number)[] | undefined)[];

function detailOf({ details }: ConnectError, name: string): Fields {
  const detail = details.find((each) => "type" in each && each.type === `google.rpc.${name}`);
  return fieldsOf(detail && "type" in detail ? detail.value : undefined);
}

/** Read by hand, so that a page need not carry the descriptors of `google.rpc`. */
function fieldsOf(message: Uint8Array | number | undefined): Fields {
  const fields: (Uint8Array | number)[][] = [];
  if (!(message instanceof Uint8Array)) return fields;
  const reader = new BinaryReader(message);
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      fields[number] ??= [];
      if (type === WireType.LengthDelimited) fields[number].push(reader.bytes());
      else if (type === WireType.Varint) fields[number].push(Number(reader.int64()));
      else reader.skip(type, number);
    }
  } catch {
    // A detail that cannot be read says nothing; the error's code still does.
  }
  return fields;
}

function textOf(bytes: Uint8Array | number | undefined): string {
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : "";
}
