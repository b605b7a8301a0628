import {
  create,
  createFileRegistry,
  type DescMethod,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
  MethodOptionsSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import {
  default_policy,
  file_countersign_auth_v1_options,
  PolicySchema,
  policy,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";

/** A policy, as it would be written in a proto. */
export type PolicyInit = MessageInitShape<typeof PolicySchema>;

/** A method of a service that is made up for one test. All take and return `Echo { text, count, inner }`. */
export interface EchoMethod {
  readonly policy?: PolicyInit;
  /** Default: `unary`. */
  readonly kind?: DescMethod["methodKind"];
  /** May be called with GET. */
  readonly isReadOnly?: boolean;
}

/** Make a service with policies of one's own, as `buf generate` would from a proto. */
export function echoService(
  methods: Readonly<Record<string, EchoMethod>>,
  defaultPolicy?: PolicyInit,
): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: "test/v1/echo.proto",
    package: "test.v1",
    syntax: "proto3",
    dependency: [file_countersign_auth_v1_options.proto.name],
    messageType: [{ name: "Echo", field: ECHO_FIELDS }],
    service: [
      {
        name: "EchoService",
        options: serviceOptions(defaultPolicy),
        method: Object.entries(methods).map(([name, { kind = "unary", ...method }]) => ({
          name,
          inputType: ".test.v1.Echo",
          outputType: ".test.v1.Echo",
          clientStreaming: kind === "client_streaming" || kind === "bidi_streaming",
          serverStreaming: kind === "server_streaming" || kind === "bidi_streaming",
          options: methodOptions(method),
        })),
      },
    ],
  });
  const service = createFileRegistry(file, () => file_countersign_auth_v1_options).getService(
    "test.v1.EchoService",
  );
  if (service === undefined) {
    throw new Error("the service was not made");
  }
  return service;
}

/** Find a method by its name in the proto. */
export function methodOf(service: DescService, name: string): DescMethod {
  const method = service.methods.find((candidate) => candidate.name === name);
  if (method === undefined) {
    throw new Error(`there is no method ${name}`);
  }
  return method;
}

const ECHO_FIELDS = [
  { name: "text", number: 1, type: FieldDescriptorProto_Type.STRING },
  { name: "count", number: 2, type: FieldDescriptorProto_Type.INT64 },
  { name: "inner", number: 3, type: FieldDescriptorProto_Type.MESSAGE, typeName: ".test.v1.Echo" },
].map((field) => ({ ...field, jsonName: field.name, label: FieldDescriptorProto_Label.OPTIONAL }));

function methodOptions(method: Omit<EchoMethod, "kind">) {
  const options = create(
    MethodOptionsSchema,
    method.isReadOnly === true ? { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS } : {},
  );
  if (method.policy !== undefined) {
    setExtension(options, policy, create(PolicySchema, method.policy));
  }
  return options;
}

function serviceOptions(init: PolicyInit | undefined) {
  const options = create(ServiceOptionsSchema);
  if (init !== undefined) {
    setExtension(options, default_policy, create(PolicySchema, init));
  }
  return options;
}
