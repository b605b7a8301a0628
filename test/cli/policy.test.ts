import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { withImports } from "../../server/gate/src/authorize/file-imports.ts";
import { orderService } from "../gate/authorize/order-file.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** Run a command to its end. */
async function run(args: readonly string[]) {
  const terminal = recordingTerminal();
  const code = await runCommand(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

/** A proto file with these services. */
function fileNamed(name: string, service: readonly { readonly name: string }[]) {
  return { name, package: "billing", syntax: "proto3", service: [...service] };
}

describe("policy", () => {
  test("prints every method of the server once, sorted, and the same every time", async () => {
    const { code, out } = await run(["policy", "--json"]);
    const methods = JSON.parse(out).map(({ method }: { method: string }) => method);
    expect(code).toBe(0);
    expect(methods).toEqual([...new Set<string>(methods)].sort((a, b) => (a < b ? -1 : 1)));
    expect(methods).toContain("countersign.auth.v1.SessionService/SignIn");
    expect((await run(["policy", "--json"])).out).toBe(out);
  });

  test("shows in which ways callers must have signed in, and which message describes their claims", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "image.binpb");
    const rule = "request.text == principal.claims.tenant";
    const service = orderService({
      claimsType: "test.v1.Claims",
      policy: { access: Access.AUTHENTICATED, acrValues: ["mfa", "phr"], rule },
    });
    const file = [...withImports(service.file)].map(({ proto }) => proto).reverse();
    await writeFile(path, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
    expect((await run(["policy", "--image", path])).out.split("\n")[1]?.split(/ {2,}/)).toEqual([
      "test.v1.OrderService/Place",
      "authenticated",
      `acrValues=mfa,phr claimsType=test.v1.Claims rule=${rule}`,
      "method",
    ]);
    expect(JSON.parse((await run(["policy", "--image", path, "--json"])).out)).toEqual([
      {
        method: "test.v1.OrderService/Place",
        access: "authenticated",
        acrValues: ["mfa", "phr"],
        claimsType: "test.v1.Claims",
        rule,
        source: "method",
      },
    ]);
  });

  test("says so when there is no such file", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "image.binpb");
    expect(await run(["policy", "--image", path])).toMatchObject({
      code: 1,
      err: `countersign policy: ${path} does not exist`,
    });
  });

  test("fails for an image without methods", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "image.binpb");
    const empty = fileNamed("empty.proto", []);
    const withoutMethods = fileNamed("none.proto", [{ name: "Notes" }]);
    for (const file of [[], [empty], [empty, withoutMethods]]) {
      await writeFile(path, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
      for (const args of [[], ["--json"]]) {
        expect(await run(["policy", "--image", path, ...args])).toEqual({
          code: 1,
          out: "",
          err: `countersign policy: ${path} has no methods: make it of your protos with buf build -o FILE.binpb`,
        });
      }
    }
  });

  test("says so when a file is no image", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "image.binpb");
    await writeFile(path, "not an image");
    const { code, err } = await run(["policy", "--image", path]);
    expect(code).toBe(1);
    expect(err).toContain("cannot be read as an image: make it with buf build -o FILE.binpb");
  });
});
