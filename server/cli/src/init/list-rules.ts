import { createFileRegistry } from "@bufbuild/protobuf";
import type { FileDescriptorSet } from "@bufbuild/protobuf/wkt";
import { createPolicyTable, toMethodName } from "@countersign/server/internal";
import type { NamedService } from "./name-services.ts";

/** The method that the gate adds to servers whose streams can be renewed. */
const RENEW = "countersign.auth.v1.StreamService/Renew authenticated";

/**
 * List every method of a server with its rule, as the test of a project does.
 *
 * @param images the protos with their rules
 * @returns undefined when the methods of a service are not known
 * @throws PolicyError when a rule will not do
 */
export function listRules(
  services: readonly NamedService[],
  images: readonly FileDescriptorSet[],
): readonly string[] | undefined {
  if (services.some(({ file }) => file === undefined)) {
    return undefined;
  }
  const registries = images.map((image) => createFileRegistry(image));
  const names = services.map((service) => ({ ...service, name: typeNameOf(service) }));
  const ours = names
    .filter(({ isOurs }) => isOurs)
    .flatMap(({ name }) => registries.flatMap((registry) => registry.getService(name) ?? []));
  const { entries } = createPolicyTable(ours);
  const rules = [
    ...entries.map(({ method, policy }) => [toMethodName(method), policy.access, ...policy.roles].join(" ")),
    ...names.filter(({ isOurs }) => !isOurs).flatMap(listForeign),
    ...(entries.some(({ policy }) => policy.renewable) ? [RENEW] : []),
  ];
  // By the names of methods, as the table of policies sorts them.
  const keyOf = (rule: string) => rule.split(" ")[0] ?? "";
  return rules.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** A service that gets its rule from the server. */
function listForeign({
  name,
  file,
  registration,
}: NamedService & { readonly name: string }): readonly string[] {
  const methods = file?.service.find((service) => service.name === registration.name)?.method ?? [];
  return methods.map((method) => `${name}/${method.name} authenticated`);
}

/** Write the full name of a service. */
function typeNameOf({ file, registration }: NamedService): string {
  const { package: scope = "" } = file ?? {};
  return scope === "" ? registration.name : `${scope}.${registration.name}`;
}
