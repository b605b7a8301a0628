import { type CelInput, type CelMap, celFromScalar, celList, celMap } from "@bufbuild/cel";
import { type DescField, fromJson, type JsonValue, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMap, reflect } from "@bufbuild/protobuf/reflect";
import { toNamedValues, UnreadableValue } from "./named-values.ts";
import { isInexact, isJsonObject, type JsonObject, saysSomething, toRuleValue } from "./rule-claims.ts";

/** How a message of the user's own is seen in rules. */
export type ToRuleMessage = (json: JsonObject) => CelMap;

/**
 * Read one claim into a message of its field's type and nothing else.
 *
 * @param value what the token has
 * @returns undefined when it has another form than the field
 */
export function parseClaim(field: DescField, value: unknown): Message | undefined {
  if ([value, ...elementsOf(value)].some((each) => isUncertain(field, each))) {
    return undefined;
  }
  try {
    const json = { [field.jsonName]: value as JsonValue }; // claims are JSON
    // A message may have more members than the proto knows; an enum that has another value is of another form.
    return fromJson(field.parent, json, { ignoreUnknownFields: field.message !== undefined });
  } catch {
    return undefined; // whatever is wrong with it: it is not what the field says
  }
}

function elementsOf(value: unknown): readonly unknown[] {
  return typeof value === "object" ? Object.values(value ?? {}) : [];
}

const LARGE: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);
/** What ProtoJSON writes for numbers that are none. */
const NO_NUMBERS: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity", Infinity, -Infinity]);

/** Check whether a number is not what was meant, or compares with none. A text of digits is exact. */
function isUncertain({ scalar, message }: DescField, value: unknown): boolean {
  const name = message?.typeName ?? "";
  if (LARGE.has(scalar) || /^google\.protobuf\.U?Int64Value$/.test(name)) {
    return isInexact(value);
  }
  const isDouble = scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT;
  return (isDouble || /^google\.protobuf\.(Double|Float)Value$/.test(name)) && NO_NUMBERS.has(value);
}

/**
 * Read a claim as a field says.
 *
 * @param value what the token has: neither null nor, unless the field is `optional`, an empty text
 * @param toMessage how a message that the field holds is seen; undefined: it holds none of the user's own
 * @returns undefined when it has another form
 */
export function toTypedValue(
  field: DescField,
  value: unknown,
  toMessage: ToRuleMessage | undefined,
): CelInput | undefined {
  if (field.fieldKind === "map") {
    return isJsonObject(value) ? toTypedMap(field, value, toMessage) : undefined;
  }
  if (field.fieldKind === "list") {
    return Array.isArray(value) ? toTypedList(field, value, toMessage) : undefined;
  }
  const toValue = toMessage === undefined ? toJsonValue(field) : whereObject(toMessage);
  return toValue === undefined ? toPlainValue(field, value) : toValue(value);
}

/** Leave out the texts that are empty: an empty field of a message is in no list. */
function toTypedList(
  field: DescField & { readonly fieldKind: "list" },
  list: readonly unknown[],
  toMessage: ToRuleMessage | undefined,
): CelInput | undefined {
  const toValue = toMessage === undefined ? toJsonValue(field) : whereObject(toMessage);
  if (toValue !== undefined) {
    const elements = list.filter((element) => toMessage !== undefined || saysSomething(element)).map(toValue);
    const known = elements.filter((element) => element !== undefined);
    return known.length === elements.length ? celList(known) : undefined;
  }
  return toPlainValue(field, holdsTexts(field) ? list.filter((element) => element !== "") : list);
}

function holdsTexts({ scalar, message }: DescField): boolean {
  return (
    scalar === ScalarType.STRING ||
    scalar === ScalarType.BYTES ||
    /^google\.protobuf\.(String|Bytes)Value$/.test(message?.typeName ?? "")
  );
}

/** The keys of a map may say something themselves, such as who is banned: one with an empty text is there. */
function toTypedMap(
  field: DescField & { readonly fieldKind: "map" },
  object: JsonObject,
  toMessage: ToRuleMessage | undefined,
): CelInput | undefined {
  const isEmpty = (name: string): boolean => object[name] === "";
  const names = Object.keys(object).filter((name) => name !== "");
  const filled = Object.fromEntries(
    names.filter((name) => !isEmpty(name)).map((name) => [name, object[name]]),
  );
  const values = toFilledMap(field, filled, toMessage);
  if (values === undefined || field.mapKey !== ScalarType.STRING) {
    return names.some(isEmpty) ? undefined : values;
  }
  return toNamedValues({
    names: () => names,
    has: (name) => name !== "" && Object.hasOwn(object, name),
    read(name) {
      if (Object.hasOwn(object, name) && isEmpty(name)) {
        throw new UnreadableValue("a value of a map in the claims is empty");
      }
      return name === "" ? undefined : values.get(name);
    },
  });
}

function toFilledMap(
  field: DescField & { readonly fieldKind: "map" },
  object: JsonObject,
  toMessage: ToRuleMessage | undefined,
): CelMap | undefined {
  const toValue = toMessage === undefined ? toJsonValue(field) : whereObject(toMessage);
  if (toValue === undefined) {
    const message = parseClaim(field, object);
    return message && celMap(reflect(field.parent, message).get(field) as ReflectMap); // a field that was parsed
  }
  const entries = new Map<string | boolean | bigint, CelInput>();
  for (const [name, member] of Object.entries(object)) {
    const key = toMapKey(field.mapKey, name);
    const value = toValue(member);
    if (key === undefined || value === undefined) {
      return undefined;
    }
    entries.set(key, value);
  }
  return celMap(entries);
}

/** @returns undefined when it is no such key */
function toMapKey(type: ScalarType, name: string): string | boolean | bigint | undefined {
  if (type === ScalarType.STRING) {
    return name;
  }
  if (type === ScalarType.BOOL) {
    return name === "true" || name === "false" ? name === "true" : undefined;
  }
  return /^-?\d{1,20}$/.test(name) ? BigInt(name) : undefined;
}

type ToValue = (value: unknown) => CelInput | undefined;

function whereObject(toMessage: ToRuleMessage): ToValue {
  return (value) => (isJsonObject(value) ? toMessage(value) : undefined);
}

/** The messages that hold any JSON, and what they hold of it. All numbers are doubles. */
const ANY_JSON: Readonly<Record<string, (value: unknown) => boolean>> = {
  "google.protobuf.Struct": isJsonObject,
  "google.protobuf.Value": () => true,
  "google.protobuf.ListValue": Array.isArray,
};

/** @returns undefined when the field holds no message for any JSON */
function toJsonValue({ message }: DescField): ToValue | undefined {
  const isOfForm = ANY_JSON[message?.typeName ?? ""];
  return isOfForm && ((value) => (isOfForm(value) ? toRuleValue(value, Number) : undefined));
}

/** Read a claim that is no message of the user's, as protobuf reads JSON. */
function toPlainValue(field: DescField, value: unknown): CelInput | undefined {
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && typeof value === "string") {
    return value; // what protobuf would read, without a message made for it
  }
  const message = parseClaim(field, value);
  if (message === undefined) {
    return undefined;
  }
  const read: unknown = reflect(field.parent, message).get(field);
  if (field.fieldKind === "scalar") {
    return celFromScalar(field.scalar, read as never); // a field that was parsed has a value of its type
  }
  return field.fieldKind === "enum" ? BigInt(read as number) : (read as CelInput); // as above
}
