import { create, createFileRegistry, type DescMethod } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, SourceCodeInfoSchema } from "@bufbuild/protobuf/wkt";
import { Access, file_countersign_auth_v1_options } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { toCheckPlace } from "../../../server/gate/src/authorize/source-place.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";

const AUTHENTICATED = { access: Access.AUTHENTICATED };

/** Paths of google.protobuf.SourceCodeInfo, with the line that each stands in, counted from one. */
type Lines = Readonly<Record<string, number>>;

function withLines(method: DescMethod, lines: Lines): DescMethod {
  const location = Object.entries(lines).map(([path, line]) => ({
    path: path.split(",").map(Number),
    span: [line - 1, 0, 1],
  }));
  const sourceCodeInfo = create(SourceCodeInfoSchema, { location });
  const located = create(FileDescriptorProtoSchema, { ...method.parent.file.proto, sourceCodeInfo });
  const service = createFileRegistry(located, () => file_countersign_auth_v1_options).getService(
    method.parent.typeName,
  );
  return methodOf(service ?? method.parent, method.name);
}

describe("the place of what a check holds a call to", () => {
  const service = echoService({ First: { policy: AUTHENTICATED }, Second: { policy: AUTHENTICATED } });
  const second = methodOf(service, "Second");

  test("is the file where descriptors know no lines, as in generated code", () => {
    expect(toCheckPlace(second, "rule")).toBe("test/v1/echo.proto");
  });

  test("is the line of the field, in the options of the method", () => {
    const method = withLines(second, {
      "6,0,2,1": 20,
      "6,0,2,1,4,52115": 21,
      "6,0,2,1,4,52115,9": 24,
      "6,0,2,1,4,52115,2,0": 23,
    });
    expect(toCheckPlace(method, "rule")).toBe("test/v1/echo.proto:24");
    expect(toCheckPlace(method, "scopes")).toBe("test/v1/echo.proto:23");
    expect(toCheckPlace(method, "roles")).toBe("test/v1/echo.proto:21");
  });

  test("is the line of the method where that of its options is not known", () => {
    expect(toCheckPlace(withLines(second, { "6,0,2,0": 12, "6,0,2,1": 20 }), "rule")).toBe(
      "test/v1/echo.proto:20",
    );
  });

  test("is in the options of the service where the method has none of its own", () => {
    const inherited = methodOf(echoService({ Only: {} }, AUTHENTICATED), "Only");
    const method = withLines(inherited, { "6,0,2,0": 20, "6,0,3,52115": 9, "6,0,3,52115,4,0": 11 });
    expect(toCheckPlace(method, "roles")).toBe("test/v1/echo.proto:11");
    expect(toCheckPlace(method, "rule")).toBe("test/v1/echo.proto:9");
  });
});
