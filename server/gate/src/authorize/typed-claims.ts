import { type CelInput, type CelMap, celFromScalar, celList, celMap } from "@bufbuild/cel";
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { protoCamelCase, reflect } from "@bufbuild/protobuf/reflect";
import { typeOfField, typeOfMessage } from "./field-type.ts";
import { toNamedValues } from "./named-values.ts";
import { isInexact, isJsonObject, type JsonObject, type RuleClaims, readMember } from "./rule-claims.ts";
import type { RuleType } from "./rule-type.ts";

/**
 * Create how rules see claims that a message describes: a field of it is the claim of its `json_name`. A claim that has
 * another form than its field counts as absent.
 *
 * @param desc the message
 * @param onWrongForm called with each field whose claim has another form, and the issuer of the token
 */
export function createTypedClaims(
  desc: DescMessage,
  onWrongForm: (field: DescField, issuer: string) => void,
): RuleClaims {
  return {
    type: typeOfClaims("principal.claims", desc),
    read: ({ claims, issuer }) => toTypedObject(desc, claims, (field) => onWrongForm(field, issuer)),
  };
}

/**
 * Read one claim into a message of its field's type and nothing else.
 *
 * @param value what the token has
 * @returns undefined when it has another form than the field
 */
export function parseClaim(field: DescField, value: unknown): Message | undefined {
  if (isLarge(field) && hasInexact(value)) {
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

const LARGE: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);

/** Check whether a field holds whole numbers that a number of JSON may not be exact for: a text of digits is. */
function isLarge({ scalar, message }: DescField): boolean {
  return LARGE.has(scalar) || /^google\.protobuf\.U?Int64Value$/.test(message?.typeName ?? "");
}

function hasInexact(value: unknown): boolean {
  return isInexact(value) || (typeof value === "object" && Object.values(value ?? {}).some(isInexact));
}

/** Members of messages in messages are absent one by one, too: an empty message would have them all, empty. */
function typeOfClaims(label: string, desc: DescMessage): RuleType {
  return {
    kind: "record",
    label,
    typeName: desc.typeName,
    memberOf(name) {
      const field = desc.fields.find((known) => known.name === name);
      return field && typeOfField(field, (message) => toMemberType(`${label}.${name}`, message));
    },
  };
}

function toMemberType(label: string, message: DescMessage): RuleType {
  return isWellKnown(message) ? typeOfMessage(message) : typeOfClaims(label, message);
}

function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.protobuf.");
}

type OnWrongForm = (field: DescField) => void;

function toTypedObject(desc: DescMessage, json: JsonObject, onWrongForm: OnWrongForm): CelMap {
  return toNamedValues({
    names: () => desc.fields.map(({ name }) => name),
    read(name) {
      const field = desc.fields.find((known) => known.name === name);
      const value = field && readClaim(field, json);
      if (field === undefined || value === undefined) {
        return undefined;
      }
      const read = toTypedValue(field, value, onWrongForm);
      if (read === undefined) {
        onWrongForm(field);
      }
      return read;
    },
  });
}

/**
 * Find the claim of a field: that of its `json_name`, or of its name in the proto where the proto gives it no other, as
 * ProtoJSON takes both. A token that has both is not understood. An empty text is none, unless the field is `optional` and
 * tells one from the other.
 */
export function readClaim(field: DescField, json: JsonObject): unknown {
  const names = namesOf(field).filter((name) => Object.hasOwn(json, name));
  const [name, other] = names;
  if (name === undefined || other !== undefined) {
    return undefined;
  }
  return json[name] === "" && field.proto.proto3Optional ? "" : readMember(json, name);
}

/** A name that was written into the proto is the only one: what else a token has may say something else. */
function namesOf({ name, jsonName }: DescField): readonly string[] {
  return jsonName !== name && jsonName === protoCamelCase(name) ? [jsonName, name] : [jsonName];
}

function toTypedValue(field: DescField, value: unknown, onWrongForm: OnWrongForm): CelInput | undefined {
  const { message } = field;
  if (message === undefined || isWellKnown(message)) {
    return toPlainValue(field, value);
  }
  const toObject = (json: JsonObject): CelMap => toTypedObject(message, json, onWrongForm);
  if (field.fieldKind === "list") {
    return Array.isArray(value) && value.every(isJsonObject) ? celList(value.map(toObject)) : undefined;
  }
  if (!isJsonObject(value)) {
    return undefined;
  }
  if (field.fieldKind !== "map") {
    return toObject(value);
  }
  const objects = Object.entries(value).filter(
    (entry): entry is [string, JsonObject] => entry[0] !== "" && isJsonObject(entry[1]),
  );
  return celMap(new Map(objects.map(([key, json]) => [key, toObject(json)])));
}

/** Read a claim that is no message of the user's, as protobuf reads JSON. */
function toPlainValue(field: DescField, value: unknown): CelInput | undefined {
  const message = parseClaim(field, holdsTexts(field) ? withoutEmpty(value) : value);
  if (message === undefined) {
    return undefined;
  }
  const read: unknown = reflect(field.parent, message).get(field);
  if (field.fieldKind === "scalar") {
    return celFromScalar(field.scalar, read as never); // a field that was parsed has a value of its type
  }
  return field.fieldKind === "enum" ? BigInt(read as number) : (read as CelInput); // as above
}

/** The messages that hold any JSON. */
const ANY_JSON: ReadonlySet<string | undefined> = new Set([
  "google.protobuf.Struct",
  "google.protobuf.Value",
  "google.protobuf.ListValue",
]);

/** Check whether a field can hold several texts, or texts by their names. */
function holdsTexts({ fieldKind, scalar, message }: DescField): boolean {
  const areTexts = scalar === ScalarType.STRING || scalar === ScalarType.BYTES;
  return fieldKind === "map" || (fieldKind === "list" && areTexts) || ANY_JSON.has(message?.typeName);
}

/** Leave out what says nothing, at any depth: an empty field of a message is in no list, and no value of a map equals it. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((element) => element !== "").map(withoutEmpty);
  }
  if (!isJsonObject(value)) {
    return value;
  }
  const members = Object.entries(value).filter(([name, member]) => name !== "" && member !== "");
  return Object.fromEntries(members.map(([name, member]) => [name, withoutEmpty(member)]));
}
