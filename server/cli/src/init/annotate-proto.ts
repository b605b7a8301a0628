import { hasExtension } from "@bufbuild/protobuf";
import type {
  FileDescriptorProto,
  MethodDescriptorProto,
  ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { default_policy, policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { applyEdits, type Edit } from "./edits.ts";
import { type Guess, guessPolicy } from "./guess-policy.ts";
import { findProtoPlaces, type MethodPlace, type ProtoPlaces } from "./proto-places.ts";

/** What the proto of the rules is imported as. */
export const OPTIONS_PROTO = "countersign/auth/v1/options.proto";

/**
 * Write a guessed rule to each method that has none.
 *
 * @param text the proto
 * @param file its descriptor
 * @param services the names of the services that are served
 * @returns the proto with the rules, or the same when all methods have one
 * @throws Error when the descriptor is not that of the proto
 */
export function annotateProto(
  text: string,
  file: FileDescriptorProto,
  services: ReadonlySet<string>,
): string {
  const places = findProtoPlaces(text);
  const rules = file.service
    .filter((service) => services.has(service.name) && !hasDefaultPolicy(service))
    .flatMap((service) => annotateService(text, service, places));
  if (rules.length === 0) {
    return text;
  }
  return applyEdits(text, file.dependency.includes(OPTIONS_PROTO) ? rules : [addImport(places), ...rules]);
}

function annotateService(
  text: string,
  service: ServiceDescriptorProto,
  { methods }: ProtoPlaces,
): readonly Edit[] {
  return service.method
    .filter((method) => !hasPolicy(method))
    .map((method) => {
      const place = methods.get(`${service.name}/${method.name}`);
      if (place === undefined) {
        throw new Error(`method ${service.name}/${method.name} is not found in its proto`);
      }
      return annotateMethod(text, place, guessPolicy(service.name, method));
    });
}

function hasDefaultPolicy({ options }: ServiceDescriptorProto): boolean {
  return options !== undefined && hasExtension(options, default_policy);
}

function hasPolicy({ options }: MethodDescriptorProto): boolean {
  return options !== undefined && hasExtension(options, policy);
}

/** A method ends with `;`, in whose place it gets a body, or it has one, which the rule begins. */
function annotateMethod(text: string, { start, tail, hasBody }: MethodPlace, guess: Guess): Edit {
  const indent = /^\s*/.exec(text.slice(text.lastIndexOf("\n", start) + 1, start))?.[0] ?? "";
  const inner = indent + (indent.startsWith("\t") ? "\t" : "  ");
  const rule = toRule(guess, inner);
  if (!hasBody) {
    return {
      start: tail,
      end: tail + 1,
      text: `${/\s$/.test(text.slice(0, tail)) ? "" : " "}{\n${rule}\n${indent}}`,
    };
  }
  const blank = /^\s*/.exec(text.slice(tail + 1))?.[0] ?? "";
  const end = tail + 1 + blank.length;
  const next = text[end] === "}" ? `\n${indent}` : `\n${inner}`;
  return { start: tail + 1, end, text: `\n${rule}${next}` };
}

function toRule({ why, roles }: Guess, indent: string): string {
  const comment = `${indent}// Guessed by countersign init: ${why}.`;
  const option = `${indent}option (countersign.auth.v1.policy) = {`;
  if (roles.length === 0) {
    return `${comment}\n${option}access: ACCESS_AUTHENTICATED};`;
  }
  const unit = indent.startsWith("\t") ? "\t" : "  ";
  const fields = ["access: ACCESS_AUTHENTICATED", ...roles.map((role) => `roles: "${role}"`)];
  return [comment, option, ...fields.map((field) => indent + unit + field), `${indent}};`].join("\n");
}

function addImport({ imports, hasImports }: ProtoPlaces): Edit {
  return { start: imports, end: imports, text: `${hasImports ? "\n" : "\n\n"}import "${OPTIONS_PROTO}";` };
}
