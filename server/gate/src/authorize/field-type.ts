import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { ANY, listOf, mapOf, type RuleType, SCALARS } from "./rule-type.ts";

const SCALAR_TYPES: Readonly<Record<ScalarType, RuleType>> = {
  [ScalarType.BOOL]: SCALARS.bool,
  [ScalarType.STRING]: SCALARS.string,
  [ScalarType.BYTES]: SCALARS.bytes,
  [ScalarType.DOUBLE]: SCALARS.double,
  [ScalarType.FLOAT]: SCALARS.double,
  [ScalarType.INT32]: SCALARS.int,
  [ScalarType.INT64]: SCALARS.int,
  [ScalarType.SINT32]: SCALARS.int,
  [ScalarType.SINT64]: SCALARS.int,
  [ScalarType.SFIXED32]: SCALARS.int,
  [ScalarType.SFIXED64]: SCALARS.int,
  [ScalarType.UINT32]: SCALARS.uint,
  [ScalarType.UINT64]: SCALARS.uint,
  [ScalarType.FIXED32]: SCALARS.uint,
  [ScalarType.FIXED64]: SCALARS.uint,
};

/** What the language sees in messages that it does not show as such. */
const WELL_KNOWN: ReadonlyMap<string, RuleType> = new Map([
  ["Any", ANY],
  ["Value", ANY],
  ["Struct", mapOf(SCALARS.string, ANY)],
  ["ListValue", listOf(ANY)],
  ["BoolValue", nullable(SCALARS.bool)],
  ["StringValue", nullable(SCALARS.string)],
  ["BytesValue", nullable(SCALARS.bytes)],
  ["DoubleValue", nullable(SCALARS.double)],
  ["FloatValue", nullable(SCALARS.double)],
  ["Int32Value", nullable(SCALARS.int)],
  ["Int64Value", nullable(SCALARS.int)],
  ["UInt32Value", nullable(SCALARS.uint)],
  ["UInt64Value", nullable(SCALARS.uint)],
]);

function nullable(type: RuleType): RuleType {
  return type.kind === "scalar" ? { ...type, isNullable: true } : type;
}

/** How the type of a message that a field holds is found. Default: that of the message itself. */
type ToMessageType = (desc: DescMessage) => RuleType;

/** Find the type of a message in a rule. */
export function typeOfMessage(desc: DescMessage): RuleType {
  const [, name] = /^google\.protobuf\.(\w+)$/.exec(desc.typeName) ?? [];
  return (name === undefined ? undefined : WELL_KNOWN.get(name)) ?? { kind: "message", desc };
}

/** Find the type of a field in a rule. */
export function typeOfField(field: DescField, toMessageType: ToMessageType = typeOfMessage): RuleType {
  switch (field.fieldKind) {
    case "scalar":
      return SCALAR_TYPES[field.scalar];
    case "enum":
      return SCALARS.int;
    case "message":
      return toMessageType(field.message);
    case "list":
      return listOf(typeOfElement(field.listKind, field, toMessageType));
    case "map":
      return mapOf(SCALAR_TYPES[field.mapKey], typeOfElement(field.mapKind, field, toMessageType));
    default:
      return field satisfies never;
  }
}

interface Element {
  readonly scalar?: ScalarType | undefined;
  readonly message?: DescMessage | undefined;
}

function typeOfElement(
  kind: "scalar" | "enum" | "message",
  { scalar, message }: Element,
  toMessageType: ToMessageType,
): RuleType {
  if (kind === "message" && message !== undefined) {
    return toMessageType(message);
  }
  return scalar === undefined ? SCALARS.int : SCALAR_TYPES[scalar];
}
