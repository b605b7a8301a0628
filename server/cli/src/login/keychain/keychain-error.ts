import { CommandError } from "../../usage-error.ts";
import type { ToolResult } from "./run-tool.ts";

/** Make the error of a keychain that has not answered, with what its program has said of it: that holds no secret. */
export function toKeychainError(title: string, { code, stderr }: ToolResult): CommandError {
  const why = stderr === "" ? `its program ended with ${code ?? "a signal"}` : stderr.split("\n")[0];
  return new CommandError(`${title} cannot be used: ${why}`);
}
