import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Choices } from "../../server/create/src/choices.ts";
import { findFreePort } from "../support/free-port.ts";
import { TARBALLS } from "../support/packages.ts";
import { type RunningProgram, runProgram, startProgram } from "../support/program.ts";
import { AUDIENCE, PAGE_CLIENT, SERVICE_CLIENT } from "./greeting-provider.ts";

/** A project that the command has made. */
export interface MadeProject {
  readonly folder: string;
  readonly choices: Choices;
  /** Where its server listens. */
  readonly address: string;
  /** Where its page is, if it has one. */
  readonly page: string;
  /** What `.env` says. */
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** Make a project with the packed command, and fill in what its `.env` leaves to its user. */
export async function makeProject(
  choices: Choices,
  { command, parent }: { readonly command: string; readonly parent: string },
): Promise<MadeProject> {
  const { server, client, issuer } = choices;
  const index = join(TARBALLS, "packages.json");
  const options = ["--server", server, "--client", client, "--issuer", issuer, "--audience", AUDIENCE];
  const args = [command, "greeter", "--packages", index, ...options];
  await succeed(process.execPath, args, parent);
  const folder = join(parent, "greeter");
  const [port, pagePort] = [await findFreePort(), await findFreePort()];
  const text = (await readFile(join(folder, ".env"), "utf8"))
    .replaceAll("8090", String(port))
    .replace("PAGE_PORT=5173", `PAGE_PORT=${pagePort}`)
    .replace(/^(\w+_CLIENT_ID)=$/m, `$1=${PAGE_CLIENT}`)
    .replace("\nCLIENT_ID=", `\nCLIENT_ID=${SERVICE_CLIENT.id}`)
    .replace("CLIENT_SECRET=", `CLIENT_SECRET=${SERVICE_CLIENT.secret}`);
  await writeFile(join(folder, ".env"), text);
  const settings = Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const address = `http://127.0.0.1:${port}`;
  const page = server === "next" && client === "react" ? address : `http://127.0.0.1:${pagePort}`;
  return { folder, choices, address, page, settings };
}

/**
 * Run a program that has to succeed.
 *
 * @throws Error with what it printed when it fails
 */
export async function succeed(file: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram({ file, args, cwd });
  if (code !== 0) {
    throw new Error(`${file} ${args.join(" ")} (${code}):\n${stdout}${stderr}`);
  }
  return stdout;
}

/**
 * Start a script of the project, and wait until it says that it serves. Without npm, whose end by a signal leaves running
 * what it has started.
 */
export async function startScript(
  { folder }: MadeProject,
  name: string,
  says: RegExp,
): Promise<RunningProgram> {
  const { scripts } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  if (`pre${name}` in scripts) {
    await succeed("npm", ["run", `pre${name}`], folder);
  }
  const [file = "", ...args] = String(scripts[name]).split(" ");
  const PATH = [join(folder, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const program = startProgram({ file, args, cwd: folder, env: { PATH } });
  await program.untilPrinted(says);
  return program;
}
