import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { Case, HeaderFields, Step } from "./case.ts";
import { ECHO_SCHEMA } from "./service.ts";

/** The protocols of RPC, with both of their codecs. */
export const DIALECTS = [
  "grpc",
  "grpc-json",
  "grpc-web",
  "grpc-web-json",
  "connect",
  "connect-json",
] as const;

/** One of them. */
export type Dialect = (typeof DIALECTS)[number];

/** A message of the service. */
export interface EchoInit {
  readonly text?: string;
  readonly count?: bigint;
}

const FIELDS = {
  grpc: [
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ],
  "grpc-json": [
    ["content-type", "application/grpc+json"],
    ["te", "trailers"],
  ],
  "grpc-web": [["content-type", "application/grpc-web+proto"]],
  "grpc-web-json": [["content-type", "application/grpc-web+json"]],
  connect: [
    ["content-type", "application/proto"],
    ["connect-protocol-version", "1"],
  ],
  "connect-json": [
    ["content-type", "application/json"],
    ["connect-protocol-version", "1"],
  ],
} as const satisfies Record<Dialect, HeaderFields>;

/** The header that a client of a protocol sends. */
export function fieldsOf(dialect: Dialect): HeaderFields {
  return FIELDS[dialect];
}

/** The name of the header that carries a timeout, and how one in milliseconds is written. */
export function timeoutField(dialect: Dialect, ms: number): HeaderFields {
  return isConnect(dialect) ? [["connect-timeout-ms", String(ms)]] : [["grpc-timeout", `${ms}m`]];
}

/** Say whether a dialect is one of Connect's. */
export function isConnect(dialect: Dialect): boolean {
  return dialect === "connect" || dialect === "connect-json";
}

/** Write a message in the codec of a dialect. */
export function encode(dialect: Dialect, message: EchoInit = {}): Uint8Array {
  const echo = create(ECHO_SCHEMA, { ...message });
  return dialect.endsWith("json")
    ? Buffer.from(toJsonString(ECHO_SCHEMA, echo))
    : toBinary(ECHO_SCHEMA, echo);
}

/** Put five bytes before a message: its flags, and a length that may be another than its own. */
export function frame(message: Uint8Array, { flags = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, message]);
}

/** Write the whole body of a request. */
export function bodyOf(dialect: Dialect, message: EchoInit = {}): Uint8Array {
  const bytes = encode(dialect, message);
  return isConnect(dialect) ? bytes : frame(bytes);
}

/** What makes a request another than a plain one. */
export type CaseChanges = Partial<Omit<Case, "name" | "fields">> & {
  /** Behind the header of the protocol. */
  readonly more?: HeaderFields;
  /** Instead of the header of the protocol. */
  readonly fields?: HeaderFields;
  readonly message?: EchoInit;
  /** Which behaviour the handler shows; absent: it echoes. */
  readonly does?: string;
};

/** Write a request of a dialect: a plain one but for the changes. */
export function caseOf(dialect: Dialect, name: string, changes: CaseChanges = {}): Case {
  const { more = [], fields = FIELDS[dialect], message = { text: "hello" }, does, ...rest } = changes;
  const behaviour: HeaderFields = does === undefined ? [] : [["x-do", does]];
  const steps: readonly Step[] = [bodyOf(dialect, message), "end"];
  return { steps, ...rest, name: `${dialect}: ${name}`, fields: [...fields, ...behaviour, ...more] };
}

/** Write the same request in several dialects. */
export function inDialects(
  dialects: readonly Dialect[],
  name: string,
  changes: CaseChanges | ((dialect: Dialect) => CaseChanges) = {},
): readonly Case[] {
  return dialects.map((dialect) =>
    caseOf(dialect, name, typeof changes === "function" ? changes(dialect) : changes),
  );
}
