import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBuf } from "../support/buf.ts";
import { PROTOCOLS } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";

let server: ServerProcess;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  server = await startServer();
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const CREDENTIAL = { password: { username: "demo", password: "demo-password" } };

describe("buf curl, without a schema of its own", () => {
  for (const protocol of PROTOCOLS) {
    const curl = (method: string, data: unknown, ...more: readonly string[]) =>
      runBuf(
        [
          "curl",
          "--http2-prior-knowledge",
          "--protocol",
          protocol.replace("-", ""),
          "--data",
          JSON.stringify(data),
          ...more,
          `${server.baseUrl}/${method}`,
        ],
        folder.path,
      );

    test(`signs in and writes a note over ${protocol}`, async () => {
      const signedIn = await curl("countersign.auth.v1.SessionService/SignIn", CREDENTIAL);
      expect(signedIn.stderr).toBe("");
      const { tokens } = JSON.parse(signedIn.stdout);
      const bearer = `Authorization: Bearer ${tokens.accessToken}`;
      const written = await curl(
        "countersign.demo.v1.NotesService/CreateNote",
        { title: protocol },
        "-H",
        bearer,
      );
      expect(written.stderr).toBe("");
      expect(JSON.parse(written.stdout)).toMatchObject({ title: protocol });
    });

    test(`is told over ${protocol} that a token is missing`, async () => {
      const refused = await curl("countersign.demo.v1.NotesService/CreateNote", { title: protocol });
      expect(refused.code).not.toBe(0);
      const { code, details } = JSON.parse(refused.stderr);
      expect(code).toBe("unauthenticated");
      expect(details).toMatchObject([{ type: "google.rpc.ErrorInfo" }]);
      const info = fromBinary(ErrorInfoSchema, base64Decode(details[0].value));
      expect(info).toMatchObject({ domain: "countersign", reason: "TOKEN_MISSING" });
    });
  }
});
