import { type DescFile, type DescMethod, type DescService, hasOption } from "@bufbuild/protobuf";
import {
  default_policy,
  PolicySchema,
  policy as policyOption,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";
import type { Check } from "../errors/facts.ts";

/** Numbers of fields in FileDescriptorProto, ServiceDescriptorProto and MethodDescriptorProto of google.protobuf. */
const SERVICE_FIELD = 6;
const METHOD_FIELD = 2;
const SERVICE_OPTIONS_FIELD = 3;
const METHOD_OPTIONS_FIELD = 4;

/**
 * Write where a method or service stands, as `acme/v1/notes.proto:12`. Generated code knows the file only, descriptors
 * with source info the line too.
 */
export function toSourcePlace(desc: DescMethod | DescService): string {
  return desc.kind === "service"
    ? toPlace(desc.file, [toServicePath(desc)])
    : toPlace(desc.parent.file, [toMethodPath(desc)]);
}

/** The fields of a policy that checks are written in. */
const FIELD_OF_CHECK: Partial<
  Readonly<Record<Check, readonly (typeof PolicySchema.fields)[number]["name"][]>>
> = {
  token_missing: ["access"],
  scopes: ["scopes", "any_scopes"],
  roles: ["roles"],
  client: ["client_ids"],
  audience_of_method: ["audiences"],
  auth_age: ["max_auth_age"],
  acr: ["acr_values"],
  binding: ["binding"],
  rule: ["rule"],
};

/**
 * Write where the policy of a method says what a check holds it to: the line of that field where descriptors have source
 * info, else that of the policy, else that of the method, else the file.
 */
export function toCheckPlace(method: DescMethod, check: Check): string {
  const policyPath = toPolicyPath(method);
  const fields = (FIELD_OF_CHECK[check] ?? []).flatMap((name) => {
    const number = PolicySchema.fields.find((field) => field.name === name)?.number;
    return number === undefined
      ? []
      : [
          [...policyPath, number],
          [...policyPath, number, 0],
        ];
  });
  return toPlace(method.parent.file, [...fields, policyPath, toMethodPath(method)]);
}

type Path = readonly number[];

function toServicePath(service: DescService): Path {
  return [SERVICE_FIELD, service.file.services.indexOf(service)];
}

function toMethodPath(method: DescMethod): Path {
  return [...toServicePath(method.parent), METHOD_FIELD, method.parent.methods.indexOf(method)];
}

/** The policy of a method stands in its own options, or else in those of its service. */
function toPolicyPath(method: DescMethod): Path {
  return hasOption(method, policyOption)
    ? [...toMethodPath(method), METHOD_OPTIONS_FIELD, policyOption.number]
    : [...toServicePath(method.parent), SERVICE_OPTIONS_FIELD, default_policy.number];
}

/** Write the file, and the line of the first of some paths that is known. */
function toPlace(file: DescFile, paths: readonly Path[]): string {
  const locations = file.proto.sourceCodeInfo?.location ?? [];
  const [line] = paths.flatMap((path) => {
    const key = path.join();
    return locations.find((location) => location.path.join() === key)?.span[0] ?? [];
  });
  return `${file.name}.proto${line === undefined ? "" : `:${line + 1}`}`;
}
