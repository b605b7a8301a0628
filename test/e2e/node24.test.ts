import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { clientOf, PROTOCOLS, signIn } from "../support/rpc.ts";
import { startServer } from "../support/server-process.ts";

// The oldest Node that the server promises to run on comes with the packages on Linux x64 only.
const node = fileURLToPath(new URL("../../node_modules/node24/bin/node", import.meta.url));

describe.skipIf(!existsSync(node))("on Node 24", () => {
  test("the server starts without a warning, signs in and answers", async () => {
    const { stdout } = await runProgram({ file: node, args: ["--version"] });
    expect(stdout).toMatch(/^v24\./);

    await using server = await startServer({ node });
    const { accessToken } = await signIn(server.baseUrl);
    for (const protocol of PROTOCOLS) {
      const notes = clientOf(NotesService, { baseUrl: server.baseUrl, protocol, token: accessToken });
      expect(await notes.createNote({ title: protocol })).toMatchObject({ title: protocol });
    }
    expect(server.program.output().stderr).not.toMatch(/warning/i);
  });
});
