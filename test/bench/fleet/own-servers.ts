import { fileURLToPath } from "node:url";
import { bundleProgram } from "../../support/bundled-program.ts";
import { createMember, type Member } from "./member.ts";
import type { Processes } from "./processes.ts";

/** What a server of one's own is given, in the environment of its process. */
export interface OwnServerSettings {
  readonly issuer: string;
  readonly hubs: readonly string[];
  readonly audience: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly port: number;
  readonly healthPort: number;
  /** How long it takes calls after it has said that it is not ready, in milliseconds. */
  readonly drainDelayMs: number;
  /** How long calls in flight may take then, in milliseconds. */
  readonly graceMs: number;
}

const CHILD = fileURLToPath(new URL("own-server-child.ts", import.meta.url));

/** Make a server of one's own. @param env what its process is told beside that */
export async function createOwnServer(
  processes: Processes,
  settings: OwnServerSettings,
  env: Readonly<Record<string, string>> = {},
): Promise<Member> {
  return createMember(processes, {
    name: `own server at ${settings.port}`,
    args: [process.execPath, await bundleProgram(CHILD)],
    options: { env: { ...process.env, ...env, FLEET_SERVER: JSON.stringify(settings) } },
    ready: /^ready$/m,
  });
}
