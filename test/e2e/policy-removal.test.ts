import { fileURLToPath } from "node:url";
import { clearExtension, clone, create, createFileRegistry, type DescMethod } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { policy } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { type Auth, createAuth } from "@countersign/server";
import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { removeOptionsOf } from "../support/changed-proto.ts";
import { notEmpty } from "../support/not-empty.ts";
import { runProgram } from "../support/program.ts";
import { nameOf, ownMethods, ownServices, withImports } from "../support/services.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const { publicKey: key } = await generateKeyPair("ES256");
const publicKey = { ...(await exportJWK(key)), kid: "1", alg: "ES256" };

describe("a server whose proto lost the access rule of one method", () => {
  for (const method of notEmpty(ownMethods)) {
    test(`does not start without that of ${nameOf(method)}, and says so`, () => {
      expect(() => serve(method)).toThrow(
        `1 of the methods cannot be served:\n  ${nameOf(method)} has no access rule`,
      );
    });
  }

  test("starts when none is missing", () => {
    expect(serve().policyTable.entries).toHaveLength(ownMethods.length);
  });
});

// From its sources: the changed code takes the place of modules, which a bundle no longer has.
const DEMO = [
  "--conditions=@countersign/source",
  fileURLToPath(new URL("../../server/cli/src/main.ts", import.meta.url)),
  "demo",
];

describe("countersign demo", () => {
  const oneOfEach = [
    SessionService.method.whoAmI,
    StreamService.method.renew,
    NotesService.method.deleteNote,
  ];
  for (const method of oneOfEach) {
    test(`does not start when ${nameOf(method)} has lost its rule in the proto`, async () => {
      await using proto = await removeOptionsOf(method);
      await using folder = await createTemporaryFolder();
      const ports = { COUNTERSIGN_PORT: "0", COUNTERSIGN_ADMIN_PORT: "0" };
      const env = { ...ports, NODE_OPTIONS: proto.nodeOptions, COUNTERSIGN_DATA_DIR: folder.path };
      const { code, stdout, stderr } = await runProgram({ file: process.execPath, args: DEMO, env });
      expect(code).toBe(1);
      expect(stderr).toContain(`${nameOf(method)} has no access rule`);
      expect(stdout).not.toMatch(/https?:/);
    });
  }
});

/** Build the descriptors anew, without the rule of one method, and make a server's authentication of them. */
function serve(without?: DescMethod): Auth {
  const files = withImports(ownServices.map((service) => service.file)).map(({ proto }) => {
    const copy = clone(FileDescriptorProtoSchema, proto);
    if (proto === without?.parent.file.proto) {
      const service = copy.service.find(({ name }) => name === without.parent.name);
      const options = service?.method.find(({ name }) => name === without.name)?.options;
      if (options === undefined) {
        throw new Error(`${nameOf(without)} has no options to begin with`);
      }
      clearExtension(options, policy);
    }
    return copy;
  });
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  return createAuth({
    routes: (router) => {
      for (const { typeName } of ownServices) {
        const service = registry.getService(typeName);
        if (service === undefined) {
          throw new Error(`${typeName} was lost on the way`);
        }
        router.service(service, {});
      }
    },
    issuers: [{ issuer: "https://issuer.test", keys: { jwks: { keys: [publicKey] } } }],
    audience: "test",
  });
}
