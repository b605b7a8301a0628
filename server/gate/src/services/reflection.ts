import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type {
  ServerReflectionRequest as RequestV1,
  ServerReflection as ServerReflectionV1,
} from "@countersign/gen/grpc/reflection/v1/reflection_pb.js";
import type {
  ServerReflectionRequest as RequestV1Alpha,
  ServerReflection as ServerReflectionV1Alpha,
} from "@countersign/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { createDescriptorIndex, type DescriptorIndex } from "./descriptor-index.ts";

/** The reflection service, in the two versions that clients ask for. They differ in their package only. */
export interface ReflectionServices {
  /** `grpc.reflection.v1`. */
  readonly v1: ServiceImpl<typeof ServerReflectionV1>;
  /** `grpc.reflection.v1alpha`. */
  readonly v1alpha: ServiceImpl<typeof ServerReflectionV1Alpha>;
}

type Question = RequestV1["messageRequest"] | RequestV1Alpha["messageRequest"];
type Answer =
  | { case: "fileDescriptorResponse"; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: "allExtensionNumbersResponse"; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: "listServicesResponse"; value: { service: { name: string }[] } }
  | { case: "errorResponse"; value: { errorCode: Code; errorMessage: string } };

/**
 * Create the reflection service of gRPC (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md).
 *
 * @param services the services to describe: usually every service that is served, this one too
 */
export function createReflectionServices(services: readonly DescService[]): ReflectionServices {
  const index = createDescriptorIndex(services);
  async function* serverReflectionInfo<Request extends RequestV1 | RequestV1Alpha>(
    requests: AsyncIterable<Request>,
  ) {
    const sent = new Set<DescFile>();
    for await (const originalRequest of requests) {
      const messageResponse = answer(originalRequest.messageRequest, { index, services, sent });
      yield { validHost: originalRequest.host, originalRequest, messageResponse };
    }
  }
  return { v1: { serverReflectionInfo }, v1alpha: { serverReflectionInfo } };
}

interface Known {
  readonly index: DescriptorIndex;
  readonly services: readonly DescService[];
  /** What was sent on this stream already. */
  readonly sent: Set<DescFile>;
}

function answer(question: Question, { index, services, sent }: Known): Answer {
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: services.map(({ typeName }) => ({ name: typeName })) },
      };
    case "fileByFilename":
      return answerFile(index.fileByName(question.value), sent);
    case "fileContainingSymbol":
      return answerFile(index.fileBySymbol(question.value), sent);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      return answerFile(index.extensionsOf(containingType)?.get(extensionNumber), sent);
    }
    case "allExtensionNumbersOfType": {
      const extensions = index.extensionsOf(question.value);
      if (extensions === undefined) {
        return answerNotFound();
      }
      const value = { baseTypeName: question.value, extensionNumber: [...extensions.keys()] };
      return { case: "allExtensionNumbersResponse", value };
    }
    case undefined:
      return answerError(Code.InvalidArgument, "the request asks for nothing");
    default:
      return question satisfies never;
  }
}

/** Answer with a file and those of its imports that were not sent on this stream yet. */
function answerFile(file: DescFile | undefined, sent: Set<DescFile>): Answer {
  if (file === undefined) {
    return answerNotFound();
  }
  sent.delete(file);
  const files: DescFile[] = [];
  collectUnsent(file, sent, files);
  const fileDescriptorProto = files.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function collectUnsent(file: DescFile, sent: Set<DescFile>, into: DescFile[]): void {
  if (sent.has(file)) {
    return;
  }
  sent.add(file);
  into.push(file);
  for (const imported of file.dependencies) {
    collectUnsent(imported, sent, into);
  }
}

function answerNotFound(): Answer {
  return answerError(Code.NotFound, "it is not known here");
}

function answerError(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
