import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, test } from "vitest";
import { NODE_24 } from "../support/node24.ts";
import { runProgram } from "../support/program.ts";
import { clientOf, PROTOCOLS, signIn } from "../support/rpc.ts";
import { startServer } from "../support/server-process.ts";

describe.skipIf(NODE_24 === undefined)("on Node 24", () => {
  test("the server starts without a warning, signs in and answers", async () => {
    const node = NODE_24 ?? "";
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
