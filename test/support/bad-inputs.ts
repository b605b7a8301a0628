import { type DescField, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import type { RawCall } from "./raw-call.ts";

/** An input that no method may take. */
export interface BadInput {
  readonly name: string;
  readonly format: "json" | "proto";
  readonly message: Uint8Array;
  /** The code of the error that it is answered with. */
  readonly answer: "invalid_argument" | "resource_exhausted";
}

/** More than a server takes: its limit is 4 MiB. */
const HUGE_BYTES = 5 * 1024 * 1024;

/** Inputs that every method must refuse, whatever its fields are. */
export const badInputs: readonly BadInput[] = [
  json("no JSON at all", ""),
  json("JSON that breaks off", '{"a":'),
  json("JSON of the wrong type", "[]"),
  json("a field that it does not have", '{"noSuchField": 1}'),
  { ...json("a huge message", `{"noSuchField": "${"a".repeat(HUGE_BYTES)}"}`), answer: "resource_exhausted" },
  // A number that goes on, and then does not.
  { name: "bytes that break off", format: "proto", message: Uint8Array.of(0xff), answer: "invalid_argument" },
];

/** A message without any field. */
export const emptyMessage: BadInput = json("an empty message", "{}");

/** An input for each field of a method that is of another type than the field. */
export function wronglyTyped(method: DescMethod): readonly BadInput[] {
  return method.input.fields.map((field) =>
    json(
      `field ${field.name} of the wrong type`,
      JSON.stringify({ [field.jsonName]: NOT_A[field.fieldKind] }),
    ),
  );
}

// JSON that no field of the kind can be read from.
const NOT_A = {
  scalar: {},
  enum: {},
  message: 5,
  list: 5,
  map: 5,
} satisfies Record<DescField["fieldKind"], unknown>;

/** An input for each text of a method that is far longer than anyone needs, yet passes the limit of a message. */
export function overlong(method: DescMethod): readonly BadInput[] {
  const texts = method.input.fields.filter(
    (field) => field.fieldKind === "scalar" && field.scalar === ScalarType.STRING,
  );
  return texts.map((field) =>
    json(`field ${field.name} of 900 kB`, JSON.stringify({ [field.jsonName]: "a".repeat(900_000) })),
  );
}

/** Put an input into a call of the Connect protocol: as it is for a unary method, in an envelope for a stream. */
export function toCall(method: DescMethod, { format, message }: BadInput, token: string): RawCall {
  const isUnary = method.methodKind === "unary";
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    headers: {
      "content-type": isUnary ? `application/${format}` : `application/connect+${format}`,
      authorization: `Bearer ${token}`,
    },
    body: isUnary ? message : envelope(message),
  };
}

function envelope(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, 5);
  return bytes;
}

function json(name: string, text: string): BadInput {
  return { name, format: "json", message: new TextEncoder().encode(text), answer: "invalid_argument" };
}
