import type { CelInput, CelMap } from "@bufbuild/cel";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { typeOfField, typeOfMessage } from "./field-type.ts";
import { toNamedValues, UnreadableValue } from "./named-values.ts";
import { type JsonObject, type RuleClaims, readMember } from "./rule-claims.ts";
import type { RuleType } from "./rule-type.ts";
import { toTypedValue } from "./typed-value.ts";

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
      if (field === undefined) {
        return undefined;
      }
      if (foundNames(field, json).length > 1) {
        throw new UnreadableValue(`the token has both names of ${desc.typeName}.${name}`);
      }
      const value = readClaim(field, json);
      return value === undefined ? undefined : readTyped(field, value, onWrongForm);
    },
  });
}

function readTyped(field: DescField, value: unknown, onWrongForm: OnWrongForm): CelInput {
  const { message } = field;
  const isOwn = message !== undefined && !isWellKnown(message);
  const toMessage = isOwn ? (json: JsonObject) => toTypedObject(message, json, onWrongForm) : undefined;
  const read = toTypedValue(field, value, toMessage);
  if (read === undefined) {
    onWrongForm(field);
    throw new UnreadableValue(`the claim has another form than ${field.parent.typeName}.${field.name} says`);
  }
  return read;
}

/**
 * Find the claim of a field: that of its `json_name`, or of its name in the proto where the proto gives it no other, as
 * ProtoJSON takes both. A token that has both is not understood. An empty text is none, unless the field is `optional` and
 * tells one from the other.
 */
export function readClaim(field: DescField, json: JsonObject): unknown {
  const [name, other] = foundNames(field, json);
  if (name === undefined || other !== undefined) {
    return undefined;
  }
  return json[name] === "" && field.proto.proto3Optional ? "" : readMember(json, name);
}

function foundNames(field: DescField, json: JsonObject): readonly string[] {
  return namesOf(field).filter((name) => Object.hasOwn(json, name));
}

/** A name that was written into the proto is the only one: what else a token has may say something else. */
function namesOf({ name, jsonName }: DescField): readonly string[] {
  return jsonName !== name && jsonName === protoCamelCase(name) ? [jsonName, name] : [jsonName];
}
