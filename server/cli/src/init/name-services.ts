import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { FoundServer, Registration } from "./find-servers.ts";
import { readGenerated } from "./generated.ts";
import type { Project } from "./project.ts";
import { findImported } from "./specifier.ts";

/** A service of a server, and where it comes from. */
export interface NamedService {
  readonly registration: Registration;
  /** The generated module, when it is one of the project. */
  readonly generated: string | undefined;
  /** Its proto's descriptor, of the project's protos or else of the generated code. Undefined: neither is in the project. */
  readonly file: FileDescriptorProto | undefined;
  /** Whether the project has its proto. */
  readonly isOurs: boolean;
}

/**
 * Find out which services a server registers.
 *
 * @param protos the descriptors of the protos that the project has
 */
export function nameServices(
  project: Project,
  { registrations }: FoundServer,
  protos: readonly FileDescriptorProto[],
): readonly NamedService[] {
  const named = registrations.flatMap((registration) => {
    const generated = findGenerated(project, registration);
    const has = (file: FileDescriptorProto) => file.service.some(({ name }) => name === registration.name);
    const known = generated?.file;
    const meant = protos.filter((file) => has(file) && (known === undefined || file.name === known.name));
    const [ours, ...others] = meant;
    const isService =
      known !== undefined || ours !== undefined || /_pb(?:\.\w+)?$/.test(registration.specifier);
    const isOurs = ours !== undefined && others.length === 0;
    const file = isOurs ? ours : known;
    return isService ? [{ registration, generated: generated?.path, file, isOurs }] : [];
  });
  return named.filter((service, index) => index === named.findIndex((other) => isSame(service, other)));
}

function isSame(a: NamedService, b: NamedService): boolean {
  return a.registration.name === b.registration.name && a.file?.name === b.file?.name;
}

function findGenerated(
  project: Project,
  { specifier, path, name }: Registration,
): { readonly path: string; readonly file: FileDescriptorProto } | undefined {
  const found = findImported(specifier, path, project.files);
  const file = found === undefined ? undefined : readGenerated(project.read(found));
  return found !== undefined && file?.service.some((service) => service.name === name) === true
    ? { path: found, file }
    : undefined;
}
