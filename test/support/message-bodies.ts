/** One message of the type `test.v1.Order`, as it is sent. */
export interface MessageBody {
  readonly name: string;
  readonly contentType: "application/proto" | "application/json";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Write a number as a varint. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** Put a field with a length before bytes. */
export function delimited(field: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]),
  );
}

/** Repeat bytes until they would be more than so many. */
export function repeated(unit: readonly number[], bytes: number): Uint8Array<ArrayBuffer> {
  const times = Math.max(1, Math.floor(bytes / unit.length));
  return Uint8Array.from(Buffer.alloc(times * unit.length, Buffer.from(unit)));
}

/** Nest fields in one another for as many levels as fit. @param fields from outside to inside, again and again */
export function nested(fields: readonly number[], bytes: number): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  let size = 0;
  while (size < bytes - 8 || parts.length % fields.length > 0) {
    const field = fields.at(-1 - (parts.length % fields.length)) ?? 1;
    const head = Buffer.from([...varint(field * 8 + 2), ...varint(size)]);
    parts.push(head);
    size += head.length;
  }
  return Uint8Array.from(Buffer.concat(parts.reverse()));
}

const text = (content: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(content));
const ascii = (bytes: number): Buffer => Buffer.alloc(bytes, "The quick brown fox. ");

/** The field `text` of an order, full of text: what every other message is measured against. */
export const honestBinary = (bytes: number): Uint8Array<ArrayBuffer> => delimited(5, ascii(bytes - 5));
/** The same in JSON. */
export const honestJson = (bytes: number): Uint8Array<ArrayBuffer> =>
  text(`{"text":"${ascii(bytes - 11).toString()}"}`);

const list = (name: string, unit: string, bytes: number): string => {
  const times = Math.max(1, Math.floor((bytes - name.length - 6) / (unit.length + 1)));
  return `{"${name}":[${Array.from({ length: times }, () => unit).join(",")}]}`;
};
const pairs = (bytes: number, pair: (at: number) => string): string => {
  const parts: string[] = [];
  for (let size = 0, at = 0; size < bytes; at += 1) {
    const one = pair(at);
    parts.push(one);
    size += one.length + 1;
  }
  return parts.slice(0, -1).join(",");
};
const levels = (open: string, close: string, bytes: number): string => {
  const times = Math.floor((bytes - 12) / (open.length + close.length));
  return open.repeat(times) + close.repeat(times);
};

/** Write entries of the map `labels`, each with a key of its own. */
const entries = (bytes: number): Uint8Array<ArrayBuffer> => {
  const parts: Uint8Array[] = [];
  for (let size = 0, at = 0; size < bytes - 16; at += 1) {
    const entry = delimited(11, delimited(1, text(at.toString(36))));
    parts.push(entry);
    size += entry.length;
  }
  return Uint8Array.from(Buffer.concat(parts));
};

/** Binary messages that take much for their size to read. */
export const BINARY_BODIES: Readonly<Record<string, (bytes: number) => Uint8Array<ArrayBuffer>>> = {
  "unknown varints": (bytes) => repeated([0xa0, 0x06, 1], bytes),
  "unknown lengths of nothing": (bytes) => repeated([0xa2, 0x06, 0], bytes),
  "unknown groups": (bytes) => repeated([0xa3, 0x06, 0xa4, 0x06], bytes),
  "unknown nested groups": (bytes) => repeated([0xa3, 0x06], bytes),
  "one number again and again": (bytes) => repeated([0x10, 1], bytes),
  "numbers of ten bytes": (bytes) =>
    repeated([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], bytes),
  "empty texts": (bytes) => repeated([0x4a, 0], bytes),
  "texts of one letter": (bytes) => repeated([0x4a, 1, 0x61], bytes),
  "empty messages": (bytes) => repeated([0x52, 0], bytes),
  "a message merged again and again": (bytes) => repeated([0x0a, 0], bytes),
  "entries of a map": (bytes) => repeated([0x5a, 0], bytes),
  "entries of a map with keys of their own": (bytes) => entries(bytes),
  "values of a struct": (bytes) => repeated([0x82, 0x01, 5, 0x0a, 3, 0x0a, 1, 0x61], bytes),
  "unknown fields one level down": (bytes) => delimited(1, repeated([0xa0, 0x06, 1], bytes - 6)),
  "lists in lists": (bytes) => delimited(17, nested([6, 1], bytes - 8)),
};

/** The same in JSON. */
export const JSON_BODIES: Readonly<Record<string, (bytes: number) => Uint8Array<ArrayBuffer>>> = {
  "nested lists": (bytes) => text(`{"value":${levels("[", "]", bytes)}}`),
  "nested objects": (bytes) => text(`{"value":${levels('{"a":', "}", bytes).replace('{"a":}', "{}")}}`),
  "nested and never closed": (bytes) => text("[".repeat(bytes)),
  numbers: (bytes) => text(list("value", "1", bytes)),
  "empty texts": (bytes) => text(list("tags", '""', bytes)),
  "empty objects": (bytes) => text(list("people", "{}", bytes)),
  nulls: (bytes) => text(list("value", "null", bytes)),
  "entries of a map": (bytes) => text(`{"labels":{${pairs(bytes - 12, (at) => `"${at}":""`)}}}`),
  "unknown fields": (bytes) => text(`{${pairs(bytes - 2, (at) => `"${at}":0`)}}`),
  "one long number": (bytes) => text(`{"cents":${"9".repeat(bytes - 10)}}`),
  "one long number in quotes": (bytes) => text(`{"cents":"${"9".repeat(bytes - 12)}"}`),
  "a long fraction": (bytes) => text(`{"weight":0.${"1".repeat(bytes - 13)}}`),
  "a text of escapes": (bytes) => text(`{"text":"${"\\u00e4".repeat(Math.floor((bytes - 11) / 6))}"}`),
  "a text of short escapes": (bytes) => text(`{"text":"${"\\n".repeat(Math.floor((bytes - 11) / 2))}"}`),
  "text in another script": (bytes) => text(`{"text":"${"\u4e2d".repeat(Math.floor((bytes - 11) / 3))}"}`),
  "white space": (bytes) => text(`{${" ".repeat(bytes - 2)}}`),
  bytes: (bytes) => text(`{"raw":"${"A".repeat(Math.floor((bytes - 10) / 4) * 4)}"}`),
  "a long duration": (bytes) => text(`{"within":"${"9".repeat(bytes - 14)}s"}`),
  "a duration with a long fraction": (bytes) => text(`{"within":"1.${"9".repeat(bytes - 16)}s"}`),
  "a long name": (bytes) => text(`{"${"a".repeat(bytes - 6)}":0}`),
};

/** Every kind of message has one of this size, in bytes. */
const SMALLEST = 64;

/**
 * Make a message of a size with as much as is allowed of what takes long, so that it is taken, and text for the rest.
 *
 * @param name that of the message
 * @param isTaken says of a message whether it is within the limits
 */
export function mostThatIsTaken(
  name: string,
  { contentType, bytes: size }: { readonly contentType: MessageBody["contentType"]; readonly bytes: number },
  isTaken: (bytes: Uint8Array) => boolean,
): Uint8Array<ArrayBuffer> {
  const make = contentType === "application/proto" ? binaryWith : jsonWith;
  let least = SMALLEST;
  let most = size - SMALLEST;
  let taken = make(name, least, size);
  while (most - least > SMALLEST) {
    const middle = Math.floor((least + most) / 2);
    const body = make(name, middle, size);
    if (isTaken(body)) {
      taken = body;
      least = middle;
    } else {
      most = middle;
    }
  }
  return taken;
}

function binaryWith(name: string, bytes: number, size: number): Uint8Array<ArrayBuffer> {
  const part = BINARY_BODIES[name]?.(bytes) ?? new Uint8Array();
  return Uint8Array.from(Buffer.concat([part, honestBinary(Math.max(8, size - part.length))]));
}

function jsonWith(name: string, bytes: number, size: number): Uint8Array<ArrayBuffer> {
  const part = Buffer.from(JSON_BODIES[name]?.(bytes) ?? []);
  if (part.toString("latin1", 0, 7) === '{"text"' || part.at(-1) !== 0x7d) {
    return Uint8Array.from(part);
  }
  const rest = `,"text":"${"x".repeat(Math.max(0, size - part.length - 16))}"}`;
  return Uint8Array.from(Buffer.concat([part.subarray(0, -1), Buffer.from(rest)]));
}
