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
    .flatMap((method) => {
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
function annotateMethod(text: string, place: MethodPlace, guess: Guess): readonly Edit[] {
  const { start, tail, close } = place;
  const before = text.slice(text.lastIndexOf("\n", start) + 1, start);
  const outer = /^\s*/.exec(before)?.[0] ?? "";
  const isOnItsOwn = outer === before;
  const unit = outer.startsWith("\t") ? "\t" : "  ";
  const indent = isOnItsOwn ? outer : outer + unit;
  const rule = `\n${toRule(guess, indent + unit)}\n`;
  const around = isOnItsOwn ? [] : breakLines(text, place, { indent, outer });
  if (close === undefined) {
    const gap = /\s$/.test(text.slice(0, tail)) ? "" : " ";
    return [...around, { start: tail, end: tail + 1, text: `${gap}{${rule}${indent}}` }];
  }
  const content = blankFrom(text, tail + 1);
  const first = { start: tail + 1, end: content, text: rule + indent + (content === close ? "" : unit) };
  const rest = text.slice(content, close);
  // What stands in one line with the brace that closes it gets a line of its own.
  const last = { start: content + rest.trimEnd().length, end: close, text: `\n${indent}` };
  return [...around, first, ...(content === close || rest.includes("\n") ? [] : [last])];
}

/** Give a method that shares its line with others, or with the service, lines of its own. */
function breakLines(
  text: string,
  { start, end }: MethodPlace,
  { indent, outer }: { readonly indent: string; readonly outer: string },
): readonly Edit[] {
  const gap = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const next = blankFrom(text, end);
  return [
    { start: start - gap, end: start, text: `\n${indent}` },
    ...(text[next] === "}" && !text.slice(end, next).includes("\n")
      ? [{ start: end, end: next, text: `\n${outer}` }]
      : []),
  ];
}

/** Find what follows white space. */
const blankFrom = (text: string, from: number): number =>
  from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);

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
