import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../../config.ts";
import type { Keychain } from "./keychain.ts";
import { createMacosKeychain, SECURITY } from "./macos-keychain.ts";
import { createRunTool } from "./run-tool.ts";
import { createSecretService, SECRET_TOOL } from "./secret-service.ts";

/** Find the keychain of this machine: that of macOS, or where `secret-tool` is installed, the Secret Service of the desktop. */
export function findKeychain(env: Environment): Keychain | undefined {
  const runTool = createRunTool(env);
  if (process.platform === "darwin") {
    return existsSync(SECURITY) ? createMacosKeychain(runTool) : undefined;
  }
  const tool = process.platform === "linux" ? findInPath(SECRET_TOOL, env) : undefined;
  return tool === undefined ? undefined : createSecretService(tool, runTool);
}

function findInPath(program: string, { PATH = "" }: Environment): string | undefined {
  return PATH.split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find(existsSync);
}
