import type { Case } from "../case.ts";
import { bodyOf, caseOf, type Dialect } from "../wire.ts";

const TYPES: Readonly<Record<Dialect, readonly string[]>> = {
  grpc: [
    "application/grpc",
    "application/grpc+proto",
    "application/GRPC+PROTO",
    "Application/Grpc",
    "application/grpc; charset=utf-8",
    "application/grpc;charset=utf-8",
    "application/grpc+proto; x=y; z",
    "application/grpc;",
    " application/grpc",
    "application/grpc ",
    "application/grpc+thrift",
    "application/grpcx",
    "application/grpc, application/grpc",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web; charset=utf-8",
  ],
  "grpc-json": [
    "application/grpc+json",
    "application/grpc+json; charset=utf-8",
    "application/grpc+json; charset=latin1",
    "application/grpc+JSON",
  ],
  "grpc-web": [
    "application/grpc-web",
    "application/grpc-web+proto;charset=UTF-8",
    "application/grpc-web-text+proto",
  ],
  "grpc-web-json": ["application/grpc-web+json;charset=utf-8", "application/grpc-web+JSON"],
  connect: [
    "application/proto",
    "application/proto; charset=utf-8",
    "application/PROTO",
    "application/x-protobuf",
    "application/connect+proto",
    "application/proto; q=1",
    "",
    "text/plain",
  ],
  "connect-json": [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json; charset=latin1",
    "application/json; charset=utf-8; x=y",
    "application/json;  charset=utf-8",
    "application/json;",
    "APPLICATION/JSON",
    "application/connect+json",
    "application/jsonx",
    "application/json, application/json",
  ],
};

/** Every way to say what a body is, and none. */
export const contentTypeCases: readonly Case[] = [
  ...Object.entries(TYPES).flatMap(([name, types]) => {
    const dialect = name as Dialect; // the keys of the table
    return types.flatMap((type) =>
      (["h2", "http1"] as const).map((transport) =>
        caseOf(dialect, `content-type ${JSON.stringify(type)} over ${transport}`, {
          transport,
          fields: [["content-type", type]],
        }),
      ),
    );
  }),
  ...(["grpc", "connect", "connect-json"] as const).map((dialect) =>
    caseOf(dialect, "no content-type", { fields: [] }),
  ),
  caseOf("grpc", "two content-types", {
    fields: [
      ["content-type", "application/grpc"],
      ["content-type", "application/json"],
    ],
  }),
  caseOf("connect-json", "a body of another type than it says", {
    steps: [bodyOf("connect", { text: "hello" }), "end"],
  }),
];
