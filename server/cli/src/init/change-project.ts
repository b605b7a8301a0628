import { posix } from "node:path";
import type { FileDescriptorSet } from "@bufbuild/protobuf/wkt";
import { CommandError } from "../usage-error.ts";
import { assertGenerated } from "./assert-generated.ts";
import { buildProtos, findBufFolders, generateCode } from "./buf.ts";
import { findServers } from "./find-servers.ts";
import { setImportExtension } from "./import-extension.ts";
import { listRules } from "./list-rules.ts";
import { assertConnect, raiseProtobuf } from "./manifest.ts";
import { nameServices } from "./name-services.ts";
import type { Project } from "./project.ts";
import { writeRules } from "./write-rules.ts";
import { type ServerPlan, writeServer } from "./write-server.ts";

/** What the user says of the server. */
export type InitOptions = Pick<ServerPlan, "audience" | "issuer" | "version">;

/**
 * Change a project: rules into its protos, the gate before its routes, the list of rules into its tests.
 *
 * @returns what a person has to do besides, as sentences
 * @throws CommandError when nothing is found, or buf fails
 */
export async function changeProject(project: Project, options: InitOptions): Promise<readonly string[]> {
  const found = findServers(project);
  const folders = findBufFolders(project.files);
  found.forEach(({ home }) => {
    assertConnect(
      posix.join(home, "package.json"),
      JSON.parse(project.read(posix.join(home, "package.json"))),
    );
  });
  const protos = (await buildAll(project, folders)).flatMap(({ file }) => file);
  const plans = found
    .map((server) => ({ server, services: nameServices(project, server, protos) }))
    .filter(({ server, services }) => services.length + server.mounts.length > 0);
  if (plans.length === 0) {
    throw new CommandError("no server is found: no module gives a service to a router of Connect");
  }
  const services = plans.flatMap((plan) => plan.services);
  await writeRules(project, services);
  const images = await buildAll(project, folders);
  if (services.some(({ isOurs }) => isOurs)) {
    await generateCode(project);
    if (await setImportExtension(project, services)) {
      await generateCode(project);
    }
    assertGenerated(project, services);
  }
  await raiseAll(project);
  const left: string[] = [];
  for (const plan of plans) {
    const rules = listRules(plan.services, images);
    left.push(...(await writeServer(project, { ...plan, ...options, rules })));
  }
  return left;
}

async function buildAll(project: Project, folders: readonly string[]): Promise<readonly FileDescriptorSet[]> {
  return await Promise.all(folders.map((place) => buildProtos(project, place)));
}

/** An app has one copy of Protobuf-ES: all its packages take one that the gate can use. */
async function raiseAll(project: Project): Promise<void> {
  for (const path of project.files.filter((file) => posix.basename(file) === "package.json")) {
    const text = project.read(path);
    const raised = raiseProtobuf(text);
    if (raised !== text) {
      await project.write(path, raised);
    }
  }
}
