import { create, setExtension } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel as IdempotencyLevel,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { Access, PolicySchema, policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { annotateProto, OPTIONS_PROTO } from "../../../server/cli/src/init/annotate-proto.ts";
import { guessPolicy } from "../../../server/cli/src/init/guess-policy.ts";
import { notEmpty } from "../../support/not-empty.ts";

const ruled = create(MethodOptionsSchema);
setExtension(ruled, policy, create(PolicySchema, { access: Access.PUBLIC }));

/** Annotate a proto whose service A has these methods. */
function annotate(text: string, methods: readonly string[], dependency: readonly string[] = []): string {
  const method = methods.map((name) => (name === "Ruled" ? { name, options: ruled } : { name }));
  const service = [{ name: "A", method }];
  const file = create(FileDescriptorProtoSchema, { name: "a.proto", dependency: [...dependency], service });
  return annotateProto(text, file, new Set(["A"]));
}

const RULE = `// Guessed by countersign init: it reads, and every user may call it.
    option (countersign.auth.v1.policy) = {access: ACCESS_AUTHENTICATED};`;

describe("a rule is written to a method", () => {
  test.each(
    notEmpty([
      ["that ends at once", "rpc Get(M) returns (M);", `rpc Get(M) returns (M) {\n    ${RULE}\n  }`],
      ["with an empty body", "rpc Get(M) returns (M) {}", `rpc Get(M) returns (M) {\n    ${RULE}\n  }`],
      [
        "with options, and a comment with braces",
        "rpc Get (M) returns (M) { // { }\n    option (x) = {a: {b: 1}};\n  }",
        `rpc Get (M) returns (M) {\n    ${RULE}\n    // { }\n    option (x) = {a: {b: 1}};\n  }`,
      ],
      [
        "with options in one line",
        "rpc Get(M) returns (M) { option (x) = 1; }",
        `rpc Get(M) returns (M) {\n    ${RULE}\n    option (x) = 1;\n  }`,
      ],
      ["over two lines", "rpc Get(M)\n  returns (M);", `rpc Get(M)\n  returns (M) {\n    ${RULE}\n  }`],
    ]),
  )("%s", (_, before, after) => {
    const file = (body: string) => `service B {\n  rpc Get(M) returns (M);\n}\nservice A {\n  ${body}\n}\n`;
    expect(annotate(`${file(before)}`, ["Get"], [OPTIONS_PROTO])).toBe(file(after));
  });

  test("in a service of one line, whose methods get lines of their own", () => {
    const text = "service A { rpc Get(M) returns (M); rpc GetAll (M) returns (M) {} }\nmessage M {}\n";
    const method = (head: string) => `  rpc ${head} {\n    ${RULE}\n  }\n`;
    expect(annotate(text, ["Get", "GetAll"], [OPTIONS_PROTO])).toBe(
      `service A {\n${method("Get(M) returns (M)")}${method("GetAll (M) returns (M)")}}\nmessage M {}\n`,
    );
  });

  test("with tabs, where other methods have tabs", () => {
    expect(annotate("service A {\n\trpc Get(M) returns (M);\n}\n", ["Get"], [OPTIONS_PROTO])).toContain(
      "\n\t\toption (countersign.auth.v1.policy) = {access: ACCESS_AUTHENTICATED};\n\t}",
    );
  });

  test("not to one that has a rule, nor to services that are not served", () => {
    const text = "service A {\n  rpc Ruled(M) returns (M) {}\n}\nservice B {\n  rpc Get(M) returns (M);\n}\n";
    expect(annotate(text, ["Ruled"])).toBe(text);
  });
});

test.each(
  notEmpty([
    ['syntax = "proto3";\n', `syntax = "proto3";\n\nimport "${OPTIONS_PROTO}";`],
    ['syntax = "proto3"; // é\npackage a;\n', `package a;\n\nimport "${OPTIONS_PROTO}";`],
    ['package a;\nimport "b.proto"; // b\n', `import "b.proto"; // b\nimport "${OPTIONS_PROTO}";`],
  ]),
)("the rules are imported behind %j", (head, expected) => {
  expect(annotate(`${head}\nservice A {\n  rpc Get(M) returns (M);\n}\n`, ["Get"])).toContain(expected);
});

test("a proto that is not that of the descriptor is refused", () => {
  expect(() => annotate("service A {}", ["Get"])).toThrow("method A/Get is not found in its proto");
});

test.each(
  notEmpty([
    ["NotesService", "GetNote", [], "it reads"],
    ["NotesService", "BatchGetNotes", [], "it reads"],
    ["NotesService", "GetaddrOf", [], "it changes something"],
    ["NotesService", "CreateNote", [], "it changes something"],
    ["NotesService", "BanUser", ["admin"], "its name is one of administration"],
    ["NotesService", "BandNotes", [], "it changes something"],
    ["AdminService", "GetNote", ["admin"], "its name is one of administration"],
    ["AuthService", "SignIn", [], "if its callers have no token yet"],
    ["AuthService", "Login", [], "if its callers have no token yet"],
  ] as const),
)("the rule of %s/%s is guessed", (service, name, roles, why) => {
  const guess = guessPolicy(service, create(MethodDescriptorProtoSchema, { name }));
  expect(guess).toMatchObject({ roles, why: expect.stringContaining(why) });
});

test("a method that says that it changes nothing is one that reads", () => {
  const options = { idempotencyLevel: IdempotencyLevel.NO_SIDE_EFFECTS };
  const method = create(MethodDescriptorProtoSchema, { name: "Render", options });
  expect(guessPolicy("A", method).why).toContain("it reads");
});
