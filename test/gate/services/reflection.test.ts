import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { Code, createClient, type ServiceImpl } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { describe, expect, it } from "vitest";
import { createStandardServices } from "../../../server/gate/src/services/standard-services.ts";
import { serve } from "../../node/serving.ts";
import { runBuf } from "../../support/buf.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

const notes: Partial<ServiceImpl<typeof NotesService>> = {
  createNote: ({ title, body }) => ({ title, body }),
};
const { routes, services } = createStandardServices({
  // The other methods are not called here: Connect answers them with Unimplemented.
  routes: (router) => void router.service(NotesService, notes),
});

for (const service of [ServerReflection, ServerReflectionV1Alpha]) {
  describe(`reflection (${service.typeName})`, () => {
    /** Ask all questions on one stream. */
    async function askAll(...questions: readonly Question[]) {
      await using serving = await serve({ routes });
      // Both versions have the same shape.
      const client = createClient(
        service as typeof ServerReflection,
        createGrpcTransport({ baseUrl: serving.origin }),
      );
      const answers = [];
      async function* requests() {
        for (const messageRequest of questions) {
          yield { host: "here", messageRequest };
        }
      }
      for await (const answer of client.serverReflectionInfo(requests())) {
        answers.push(answer);
      }
      expect(answers).toHaveLength(questions.length);
      for (const [index, answer] of answers.entries()) {
        expect(answer.validHost).toBe("here");
        expect(answer.originalRequest?.messageRequest).toMatchObject(questions[index] ?? {});
      }
      return answers.map(({ messageResponse }) => messageResponse);
    }

    async function askFiles(question: Question): Promise<readonly FileDescriptorProto[]> {
      const [answer] = await askAll(question);
      if (answer?.case !== "fileDescriptorResponse") {
        throw new Error(`the answer is ${answer?.case}`);
      }
      return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    }

    it("lists every service that is served, itself too", async () => {
      const [answer] = await askAll({ case: "listServices", value: "" });
      expect(answer).toMatchObject({
        case: "listServicesResponse",
        value: { service: services.map(({ typeName }) => ({ name: typeName })) },
      });
      expect(services.map(({ typeName }) => typeName)).toEqual([
        "countersign.demo.v1.NotesService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]);
    });

    it("gives a file by its name, with everything that it imports", async () => {
      const files = await askFiles({ case: "fileByFilename", value: "countersign/demo/v1/notes.proto" });
      expect(files.map(({ name }) => name).toSorted()).toEqual([
        "countersign/auth/v1/options.proto",
        "countersign/demo/v1/notes.proto",
        "google/protobuf/descriptor.proto",
        "google/protobuf/duration.proto",
        "google/protobuf/timestamp.proto",
      ]);
      const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files.toReversed() }));
      expect(registry.getService(NotesService.typeName)?.methods).toHaveLength(NotesService.methods.length);
    });

    const symbols = [
      { symbol: "countersign.demo.v1.NotesService", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.demo.v1.NotesService.WatchNotes", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.demo.v1.Note", file: "countersign/demo/v1/notes.proto" },
      { symbol: ".countersign.demo.v1.Note", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.demo.v1.Note.title", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.demo.v1.NoteEvent.Kind", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.demo.v1.NoteEvent.KIND_CREATED", file: "countersign/demo/v1/notes.proto" },
      { symbol: "countersign.auth.v1.policy", file: "countersign/auth/v1/options.proto" },
      { symbol: "countersign.auth.v1.ACCESS_PUBLIC", file: "countersign/auth/v1/options.proto" },
      { symbol: "google.protobuf.Timestamp", file: "google/protobuf/timestamp.proto" },
      { symbol: "google.protobuf.FieldOptions.CType", file: "google/protobuf/descriptor.proto" },
      { symbol: `${service.typeName}Request.message_request`, file: service.file.proto.name },
    ];
    it("gives the file that declares a symbol, whatever it is", async () => {
      for (const { symbol, file } of symbols) {
        const [first] = await askFiles({ case: "fileContainingSymbol", value: symbol });
        expect({ symbol, file: first?.name }).toEqual({ symbol, file });
      }
    });

    it("gives the file that declares an extension, and the numbers of all", async () => {
      const containingType = "google.protobuf.MethodOptions";
      const [first] = await askFiles({
        case: "fileContainingExtension",
        value: { containingType, extensionNumber: 52115 },
      });
      expect(first?.name).toBe("countersign/auth/v1/options.proto");
      const [numbers, none] = await askAll(
        { case: "allExtensionNumbersOfType", value: containingType },
        { case: "allExtensionNumbersOfType", value: "countersign.demo.v1.Note" },
      );
      expect(numbers?.value).toMatchObject({ baseTypeName: containingType, extensionNumber: [52115] });
      expect(none?.value).toMatchObject({ baseTypeName: "countersign.demo.v1.Note", extensionNumber: [] });
    });

    it("sends what is imported once on a stream, and what is asked for every time", async () => {
      const question = { case: "fileByFilename", value: "countersign/demo/v1/notes.proto" } as const;
      const answers = await askAll(question, question, {
        case: "fileByFilename",
        value: "google/protobuf/duration.proto",
      });
      const counts = answers.map((answer) =>
        answer.case === "fileDescriptorResponse" ? answer.value.fileDescriptorProto.length : 0,
      );
      expect(counts).toEqual([5, 1, 1]);
    });

    const unknown: readonly Question[] = [
      { case: "fileByFilename", value: "nothing.proto" },
      { case: "fileByFilename", value: "__proto__" },
      { case: "fileContainingSymbol", value: "countersign.demo.v1.Nothing" },
      { case: "fileContainingSymbol", value: "" },
      { case: "fileContainingExtension", value: { containingType: "a.B", extensionNumber: 1 } },
      {
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.MethodOptions", extensionNumber: 1 },
      },
      { case: "allExtensionNumbersOfType", value: "a.B" },
    ];
    it("says that it does not know, and goes on", async () => {
      for (const answer of await askAll(...unknown)) {
        expect(answer).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
      }
    });

    it("says that nothing was asked", async () => {
      const [answer] = await askAll({ case: undefined });
      expect(answer).toMatchObject({ case: "errorResponse", value: { errorCode: Code.InvalidArgument } });
    });
  });
}

describe("buf curl without a schema", () => {
  for (const protocol of ["grpc", "grpcweb", "connect"]) {
    it(`makes a call over ${protocol}`, async () => {
      await using folder = await createTemporaryFolder();
      await using serving = await serve({ routes });
      const url = `${serving.origin}/${NotesService.typeName}/CreateNote`;
      const args = [
        "curl",
        "--http2-prior-knowledge",
        "--protocol",
        protocol,
        "--data",
        '{"title":"a","body":"b"}',
        url,
      ];
      const result = await runBuf(args, folder.path);
      expect(result).toMatchObject({ stderr: "" });
      expect(JSON.parse(result.stdout)).toEqual({ title: "a", body: "b" });
    });
  }
});
