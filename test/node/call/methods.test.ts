import { createConnectRouter } from "@connectrpc/connect";
import { validateUniversalHandlerOptions } from "@connectrpc/connect/protocol";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { createStandardServices } from "../../../server/gate/src/services/standard-services.ts";
import { recordMethods } from "../../../server/node/src/call/methods.ts";

const PATH = `/${NotesService.typeName}/CreateNote`;
const record = () =>
  recordMethods(
    createConnectRouter(),
    validateUniversalHandlerOptions({ readMaxBytes: 1000, writeMaxBytes: 1000 }),
  );

describe("the methods of the fast path", () => {
  it("are the unary ones of every service, and all of them are still Connect's", () => {
    const { router, methods } = record();
    router.service(NotesService, {});
    expect([...methods.keys()].sort()).toEqual(
      ["CreateNote", "DeleteNote", "GetNote", "ListNotes"].map((name) => `/${NotesService.typeName}/${name}`),
    );
    expect(router.handlers).toHaveLength(NotesService.methods.length);
  });

  it("are not those that were registered with options of their own, other than limits", () => {
    for (const own of [{ interceptors: [] }, { readMaxBytes: undefined }, { grpc: false }]) {
      const { router, methods } = record();
      router.rpc(NotesService.method.createNote, () => ({}), own as object);
      expect(methods.size).toBe(0);
    }
  });

  it("read and write messages with options of their own", () => {
    const { router, methods } = record();
    const jsonOptions = { useProtoFieldName: true };
    router.service(NotesService, {}, { jsonOptions, binaryOptions: { writeUnknownFields: false } });
    expect(methods.get(PATH)?.jsonOptions).toBe(jsonOptions);
  });

  it("have limits of their own", () => {
    const { router, methods } = record();
    router.service(NotesService, {}, {});
    expect(methods.get(PATH)?.maxBytesOf(true)).toBe(1000);
    router.service(NotesService, {}, { readMaxBytes: 10 });
    expect(methods.get(PATH)?.maxBytesOf(true)).toBe(10);
  });

  it("are those of the services that we register with limits", () => {
    const { router, methods } = record();
    createStandardServices({ routes: () => {} }).routes(router);
    expect(methods.get("/grpc.health.v1.Health/Check")?.maxBytesOf(true)).toBe(64 * 1024);
  });

  it("are those that were registered last", () => {
    const { router, methods } = record();
    router.service(NotesService, {});
    const first = methods.get(PATH);
    router.rpc(NotesService.method.createNote, () => ({ title: "last" }));
    expect(methods.get(PATH)).not.toBe(first);
    router.rpc(NotesService.method.createNote, () => ({}), { maxTimeoutMs: 1 });
    expect(methods.has(PATH)).toBe(false);
  });
});
