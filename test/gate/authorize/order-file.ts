import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  MethodOptionsSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import {
  claims_type,
  file_countersign_auth_v1_options,
  PolicySchema,
  policy as policyOption,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";

const { STRING, INT64, INT32, UINT32, DOUBLE, BOOL, BYTES, ENUM, MESSAGE } = FieldDescriptorProto_Type;
const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;

interface Field {
  readonly type: FieldDescriptorProto_Type;
  readonly typeName?: string;
  /** The name of its claim. Default: its own. */
  readonly jsonName?: string;
  readonly isRepeated?: boolean;
  /** Written `optional`, so that an empty value is told from none. */
  readonly hasPresence?: boolean;
}

const messageField = (typeName: string): Field => ({ type: MESSAGE, typeName });

/** Fields of every form that a rule can meet. */
const ORDER: Readonly<Record<string, Field>> = {
  owner: messageField(".test.v1.Person"),
  cents: { type: INT64 },
  weight: { type: DOUBLE },
  count: { type: UINT32 },
  text: { type: STRING },
  paid: { type: BOOL },
  raw: { type: BYTES },
  state: { type: ENUM, typeName: ".test.v1.State" },
  tags: { type: STRING, isRepeated: true },
  people: { ...messageField(".test.v1.Person"), isRepeated: true },
  labels: { ...messageField(".test.v1.Order.LabelsEntry"), isRepeated: true },
  at: messageField(".google.protobuf.Timestamp"),
  within: messageField(".google.protobuf.Duration"),
  note: messageField(".google.protobuf.StringValue"),
  limit: messageField(".google.protobuf.Int32Value"),
  extra: messageField(".google.protobuf.Struct"),
  value: messageField(".google.protobuf.Value"),
};

/** Claims of every form that an issuer may send. */
const CLAIMS: Readonly<Record<string, Field>> = {
  tenant: { type: STRING, jsonName: "https://acme.com/tenant" },
  level: { type: INT32 },
  ratio: { type: DOUBLE },
  account: { type: INT64 },
  staff: { type: BOOL },
  groups: { type: STRING, isRepeated: true },
  home: { ...messageField(".test.v1.Person"), jsonName: "home_address" },
  people: { ...messageField(".test.v1.Person"), isRepeated: true },
  state: { type: ENUM, typeName: ".test.v1.State" },
  since: messageField(".google.protobuf.Timestamp"),
  extra: messageField(".google.protobuf.Struct"),
  nickname: { type: STRING, hasPresence: true },
  cost_centre: { type: STRING, jsonName: "costCentre" },
  labels: { ...messageField(".test.v1.Claims.LabelsEntry"), isRepeated: true },
  flags: { ...messageField(".test.v1.Claims.FlagsEntry"), isRepeated: true },
};

const LABELS = {
  name: "LabelsEntry",
  options: { mapEntry: true },
  field: toFields({ key: { type: STRING }, value: { type: STRING } }),
};

const FLAGS = {
  name: "FlagsEntry",
  options: { mapEntry: true },
  field: toFields({ key: { type: STRING }, value: messageField(".test.v1.Person") }),
};

const file = create(FileDescriptorProtoSchema, {
  name: "test/v1/order.proto",
  package: "test.v1",
  syntax: "proto3",
  dependency: [
    file_google_protobuf_timestamp,
    file_google_protobuf_duration,
    file_google_protobuf_struct,
    file_google_protobuf_wrappers,
  ].map(({ proto }) => proto.name),
  messageType: [
    { name: "Order", field: toFields(ORDER), nestedType: [LABELS] },
    {
      name: "Claims",
      field: toFields(CLAIMS),
      nestedType: [LABELS, FLAGS],
      oneofDecl: [{ name: "_nickname" }],
    },
    { name: "Person", field: toFields({ name: { type: STRING }, age: { type: INT32 } }) },
  ],
  enumType: [
    {
      name: "State",
      value: ["STATE_UNSPECIFIED", "STATE_OPEN"].map((name, number) => ({ name, number })),
    },
  ],
});

function toFields(fields: Readonly<Record<string, Field>>) {
  return Object.entries(fields).map(([name, field], at) => ({
    name,
    number: at + 1,
    type: field.type,
    label: field.isRepeated === true ? REPEATED : OPTIONAL,
    jsonName: field.jsonName ?? name,
    ...(field.typeName === undefined ? {} : { typeName: field.typeName }),
    ...(field.hasPresence === true ? { proto3Optional: true, oneofIndex: 0 } : {}),
  }));
}

const IMPORTED = [
  file_google_protobuf_timestamp,
  file_google_protobuf_duration,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
];

const registry = createFileRegistry(file, (name) => IMPORTED.find(({ proto }) => proto.name === name));

function messageOf(typeName: string): DescMessage {
  const desc = registry.getMessage(typeName);
  if (desc === undefined) {
    throw new Error(`${typeName} was not made`);
  }
  return desc;
}

interface OrderServiceInit {
  /** Option `claims_type` of the service. */
  readonly claimsType?: string;
  readonly policy: MessageInitShape<typeof PolicySchema>;
  /** Where the method and its rule stand, as lines from 0. */
  readonly lines?: { readonly method: number; readonly rule: number };
}

/** Make a service in a file that imports the messages, with one method `Place`. */
export function orderService({ claimsType, policy, lines }: OrderServiceInit): DescService {
  const options = create(ServiceOptionsSchema);
  if (claimsType !== undefined) {
    setExtension(options, claims_type, claimsType);
  }
  const methodOptions = create(MethodOptionsSchema);
  setExtension(methodOptions, policyOption, create(PolicySchema, policy));
  const location =
    lines === undefined
      ? []
      : [
          { path: [6, 0], span: [0, 0, 1] },
          { path: [6, 0, 2, 0], span: [lines.method, 0, 1] },
          { path: [6, 0, 2, 0, 4, policyOption.number, 9], span: [lines.rule, 0, 1] },
        ];
  const serviceFile = create(FileDescriptorProtoSchema, {
    name: "test/v1/order_service.proto",
    package: "test.v1",
    syntax: "proto3",
    dependency: [file.name, file_countersign_auth_v1_options.proto.name],
    service: [
      {
        name: "OrderService",
        options,
        method: [
          {
            name: "Place",
            inputType: ".test.v1.Order",
            outputType: ".test.v1.Order",
            options: methodOptions,
          },
        ],
      },
    ],
    sourceCodeInfo: { location },
  });
  const imported = [Order.file, file_countersign_auth_v1_options];
  const service = createFileRegistry(serviceFile, (name) =>
    imported.find(({ proto }) => proto.name === name),
  ).getService("test.v1.OrderService");
  if (service === undefined) {
    throw new Error("the service was not made");
  }
  return service;
}

/** A request with fields of every form. */
export const Order: DescMessage = messageOf("test.v1.Order");
/** A message that describes claims. */
export const Claims: DescMessage = messageOf("test.v1.Claims");
