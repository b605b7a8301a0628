import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** Inspect what standard input has. */
async function run(args: readonly string[], parts: { readonly input: string }) {
  const terminal = recordingTerminal(parts);
  const code = await runCommand(args, terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

describe("countersign token inspect", () => {
  test("shows what stands in a token, and says that it is not verified", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const input = `${part({ alg: "ES256", typ: "at+jwt" })}.${part({ sub: "ada", exp: 0 })}.AA\n`;
    const { code, out } = await run(["token", "inspect", "--json"], { input });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      header: { alg: "ES256", typ: "at+jwt" },
      claims: { sub: "ada", exp: 0 },
      verified: false,
    });
    expect((await run(["token", "inspect"], { input })).out).toContain("1970-01-01T00:00:00.000Z");
  });

  test("says what is wrong with something else, without repeating it", async () => {
    const { code, err } = await run(["token", "inspect"], { input: "hunter2" });
    expect(code).toBe(1);
    expect(err).toBe(
      "countersign token inspect: not an access token: the token is not three base64url segments",
    );
  });
});
