import { EventEmitter } from "node:events";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { createTerminal } from "../../server/cli/src/terminal.ts";
import { startProgram } from "../support/program.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { makeStore } from "./made-store.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const MAIN = join(import.meta.dirname, "../../server/cli/src/main.ts");

test("a reader that stops early ends a command without a complaint", async () => {
  const command = `"${process.execPath}" --conditions=@countersign/source "${MAIN}" policy | head -n 1`;
  await using program = startProgram({ file: "sh", args: ["-c", command] });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^METHOD\s+ACCESS\s+CONDITIONS\s+FROM\n$/);
});

describe("the first process of a container", () => {
  const start = (pid: number) => {
    const codes: number[] = [];
    const container = Object.assign(new EventEmitter(), {
      ...{ pid, env: {}, stdout: new PassThrough() },
      exit: (code: number) => void codes.push(code),
    });
    return { container, codes, terminal: createTerminal(container as unknown as NodeJS.Process) };
  };

  test("ends at a signal while its command does not wait for one yet", async () => {
    const { container, codes, terminal } = start(1);
    container.emit("SIGINT", "SIGINT", 2);
    container.emit("SIGTERM", "SIGTERM", 15);
    expect(codes).toEqual([130, 143]);
    const { stopped } = terminal;
    container.emit("SIGTERM", "SIGTERM", 15);
    expect(await stopped).toBe("SIGTERM");
    expect(codes).toEqual([130, 143]);
  });

  test("is the only one that does so itself", () => {
    expect(start(2).container.listenerCount("SIGTERM")).toBe(0);
  });
});

/** A terminal with a user at it, who types these keys. */
function terminalWith(keys: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.write(keys);
  return createTerminal({ ...process, stdin, stdout, stderr } as unknown as NodeJS.Process);
}

describe("the question for a password", () => {
  test.each(["add", "passwd"])(
    "is not repeated by user %s for one that is refused anyway",
    async (action) => {
      await using folder = await createTemporaryFolder();
      await makeStore(folder.path);
      const questions: string[] = [];
      const terminal = {
        ...recordingTerminal({ env: { COUNTERSIGN_DATA_DIR: folder.path } }),
        async askSecret(question: string) {
          questions.push(question);
          return "short";
        },
      };
      expect(await runCommand(["user", action, "ada"], terminal)).toBe(1);
      expect(terminal.warned.at(-1)).toBe(
        `countersign user ${action}: a password must have at least 8 characters`,
      );
      expect(questions).toEqual(["Password: "]);
    },
  );

  test("is answered by the line that is typed", async () => {
    expect(await terminalWith("correct horse\r").askSecret("Password: ")).toBe("correct horse");
  });

  test.each([
    ["Ctrl-C", "corr\x03"],
    ["Ctrl-D", "\x04"],
  ])("is ended by %s, in one line and with nothing changed", async (_, keys) => {
    await using folder = await createTemporaryFolder();
    await makeStore(folder.path);
    const env = { COUNTERSIGN_DATA_DIR: folder.path };
    const { askSecret } = terminalWith(keys);
    const terminal = { ...recordingTerminal({ env }), askSecret };
    expect(await runCommand(["user", "add", "ada"], terminal)).toBe(130);
    expect(terminal.warned.at(-1)).toBe(
      "countersign user add: no password was given, and nothing has changed",
    );
    const listing = recordingTerminal({ env });
    await runCommand(["user", "list", "--json"], listing);
    expect(listing.printed).toEqual(["[]"]);
  });
});
