import { isSource, isTest, type Project } from "./project.ts";
import type { ServiceUse } from "./read-registrations.ts";
import { type AdapterCall, isPromising, readSource } from "./read-source.ts";

/** A module that hands routes to an adapter. */
export interface Mount {
  readonly path: string;
  readonly adapters: readonly AdapterCall[];
  readonly importsEnd: number;
}

/** A service that a module registers. */
export interface Registration extends ServiceUse {
  readonly path: string;
}

/** The server of a package. */
export interface FoundServer {
  /** The folder of the package. */
  readonly home: string;
  readonly mounts: readonly Mount[];
  readonly registrations: readonly Registration[];
  /** What cannot be known of it, as sentences. */
  readonly unsure: readonly string[];
}

/** Find what may be servers of a project, one a package. Those of tests stay as they are. */
export function findServers(project: Project): readonly FoundServer[] {
  const sources = project.files
    .filter((path) => isSource(path) && !isTest(path))
    .map((path) => ({ path, text: project.read(path) }))
    .filter(({ text }) => isPromising(text))
    .map(({ path, text }) => ({ path, ...readSource(text, path) }));
  const byPackage = Map.groupBy(sources, ({ path }) => project.packageOf(path));
  return [...byPackage]
    .map(([home, those]) => ({
      home,
      mounts: those.filter(({ adapters }) => adapters.length > 0),
      registrations: those.flatMap(({ path, services }) => services.map((service) => ({ ...service, path }))),
      unsure: those.flatMap(({ unsure }) => unsure),
    }))
    .filter(({ mounts, registrations, unsure }) => mounts.length + registrations.length + unsure.length > 0);
}
