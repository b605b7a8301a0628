import { posix } from "node:path";
import { CommandError } from "../usage-error.ts";
import type { FoundServer } from "./find-servers.ts";
import { writeGuardFile } from "./guard-file.ts";
import { writeInventoryTest } from "./inventory-test.ts";
import { addDependencies, addTestFile, findRunner, type Manifest } from "./manifest.ts";
import type { NamedService } from "./name-services.ts";
import { findPackageEnding } from "./package-ending.ts";
import { isTest, type Project } from "./project.ts";
import { GUARD } from "./read-source.ts";
import { findImportEnding, moveSpecifier, toSpecifier, withEnding } from "./specifier.ts";
import { wireAdapters } from "./wire-adapters.ts";

/** What the server of a package becomes. */
export interface ServerPlan {
  readonly server: FoundServer;
  readonly services: readonly NamedService[];
  /** Every method with its rule; undefined: not known. */
  readonly rules: readonly string[] | undefined;
  readonly issuer: string;
  /** Undefined: the name of the package. */
  readonly audience: string | undefined;
  /** The release of the gate. */
  readonly version: string;
}

/**
 * Put the gate before the routes of a server, and its rules into a test. Where it is not sure that these are all routes, they
 * stay as they are.
 *
 * @returns what a person has to do besides, as sentences
 * @throws CommandError when the module of the gate is there already
 */
export async function writeServer(project: Project, plan: ServerPlan): Promise<readonly string[]> {
  const { server, services } = plan;
  if (services.length === 0) {
    return [...server.unsure, `no services are found${of(server.home)}: give the routes to createAuth`];
  }
  const manifestPath = posix.join(server.home, "package.json");
  const manifest: Manifest = JSON.parse(project.read(manifestPath));
  const guard = placeGuard(project, plan, manifest);
  await project.write(guard.path, writeGuard(plan, manifest, guard));
  await project.write(manifestPath, addDependencies(project.read(manifestPath), plan.version));
  const untested = await writeTest(project, plan, guard);
  if (server.unsure.length > 0 || server.mounts.length === 0) {
    const rest = `give the routes to ${GUARD} of ${guard.path}, and spread what it returns into the options of the adapter`;
    return [...server.unsure, rest, ...untested];
  }
  for (const mount of server.mounts) {
    const specifier = specifierFrom(mount.path, guard);
    await project.write(mount.path, wireAdapters(project.read(mount.path), mount, specifier));
  }
  return untested;
}

/** Where the module of the gate is, and how imports of it end. */
interface Guard {
  readonly path: string;
  readonly ending: string;
}

/** Beside the module that registers the first service: what is beside an adapter may be a page of Next. */
function placeGuard(project: Project, { services, server }: ServerPlan, { type }: Manifest): Guard {
  const beside = services[0]?.registration.path ?? "";
  const written = findImportEnding(project.read(beside), type === "module" ? ".js" : "");
  const ending = written === "" ? findPackageEnding(project, server.home) : written;
  const path = posix.join(posix.dirname(beside), `guard-routes${posix.extname(beside).replace("x", "")}`);
  if (project.files.includes(path)) {
    throw new CommandError(`${path} is there already: what init writes has been written`);
  }
  return { path, ending };
}

function specifierFrom(importer: string, { path, ending }: Guard): string {
  return toSpecifier(posix.dirname(importer), path.replace(/\.[cm]?[jt]s$/, ending));
}

function writeGuard(
  { services, issuer, audience }: ServerPlan,
  { name }: Manifest,
  { path, ending }: Guard,
): string {
  return writeGuardFile({
    services: services.map(({ registration, isOurs }) => ({
      name: registration.name,
      specifier: moveSpecifier(
        withEnding(registration.specifier, ending),
        registration.path,
        posix.dirname(path),
      ),
      isAnnotated: isOurs,
    })),
    issuer,
    audience: audience ?? name ?? "server",
    isTypeScript: /ts$/.test(path),
  });
}

/** Write the rules into a test beside the others of the package. @returns what a person has to do instead */
async function writeTest(
  project: Project,
  { server: { home }, rules }: ServerPlan,
  guard: Guard,
): Promise<readonly string[]> {
  const manifestPath = posix.join(home, "package.json");
  const manifest = project.read(manifestPath);
  const beside = project.files.find(
    (file) => isTest(file) && project.packageOf(file) === home && TEST_ENDING.test(file),
  );
  const runner = beside === undefined ? undefined : findRunner(JSON.parse(manifest), project.read(beside));
  if (rules === undefined || runner === undefined || beside === undefined) {
    return [
      `hold the list of auth.policyTable in a test${of(home)}: its methods, or how tests of ES modules run there, are not known here`,
    ];
  }
  const ending = TEST_ENDING.exec(beside)?.[0] ?? "";
  const path = posix.join(posix.dirname(beside), `policies${ending}`);
  await project.write(
    path,
    writeInventoryTest({ runner, guard: specifierFrom(path, guard), inventory: rules }),
  );
  await project.write(manifestPath, addTestFile(manifest, posix.relative(home, path)));
  return [];
}

/** Name a package where there are several. */
const of = (home: string): string => (home === "." ? "" : ` of ${home}`);

const TEST_ENDING = /[.-](?:test|spec)\.[cm]?[jt]s$/;
