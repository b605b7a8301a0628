import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { findPolicyFault, readPolicy } from "./policy.ts";
import type { Policy } from "./policy-fields.ts";
import { toSourcePlace } from "./source-place.ts";

/** One line of the inventory: a method and the rule that guards it. */
export interface PolicyEntry {
  /** The method's descriptor. */
  readonly method: DescMethod;
  /** Its rule. */
  readonly policy: Policy;
  /** Where the rule is written. `server`: given by the server for a proto that is not its own. */
  readonly source: "method" | "service" | "server";
}

/** A rule for every method of every service, proven complete. */
export interface PolicyTable {
  /** Find the rule of a method by its descriptor, never by a path. */
  get(method: DescMethod): Policy | undefined;
  /** All of them, by the full name of the method. */
  readonly entries: readonly PolicyEntry[];
}

/** A server cannot start, because methods lack an access rule or have one that contradicts itself. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  /** The methods, each as a sentence. */
  readonly offenders: readonly string[];

  /** @param offenders the methods, each as a sentence */
  constructor(offenders: readonly string[]) {
    super(
      `${offenders.length} of the methods cannot be served:\n${offenders.map((line) => `  ${line}`).join("\n")}`,
    );
    this.offenders = offenders;
  }
}

/**
 * Prove that every method of every service has exactly one access rule, and collect them.
 *
 * @param services the services that are served
 * @param given rules for services whose proto cannot be annotated, such as the standard health service
 * @throws PolicyError that names all offenders at once
 */
export function createPolicyTable(
  services: readonly DescService[],
  given: ReadonlyMap<DescService, Policy> = new Map(),
): PolicyTable {
  const offenders: string[] = [];
  const entries: PolicyEntry[] = [];
  for (const method of [...new Set(services)].flatMap((service) => service.methods)) {
    const result = readPolicy(method);
    const fallback = given.get(method.parent);
    if (result.kind === "policy" && fallback === undefined) {
      entries.push({ method, policy: result.policy, source: result.source });
    } else if (result.kind === "fault" && fallback !== undefined) {
      const fault = findPolicyFault(fallback);
      if (fault === undefined) {
        entries.push({ method, policy: fallback, source: "server" });
      } else {
        offenders.push(`${toMethodName(method)} ${fault} (in the policies of the server)`);
      }
    } else {
      const fault =
        result.kind === "fault" ? result.fault : "has a rule in its proto and another from the server";
      offenders.push(`${toMethodName(method)} ${fault} (${toSourcePlace(method)})`);
    }
  }
  if (offenders.length > 0) {
    throw new PolicyError(offenders.sort());
  }
  return toTable(entries);
}

/** Join the rules of services that no two tables share. */
export function joinPolicyTables(...tables: readonly PolicyTable[]): PolicyTable {
  return toTable(tables.flatMap(({ entries }) => entries));
}

function toTable(entries: readonly PolicyEntry[]): PolicyTable {
  const byMethod = new Map(entries.map((entry) => [entry.method, entry.policy]));
  const byName = (a: PolicyEntry, b: PolicyEntry): number =>
    toMethodName(a.method) < toMethodName(b.method) ? -1 : 1;
  return { get: (method) => byMethod.get(method), entries: entries.toSorted(byName) };
}

/** Write the full name of a method as `package.Service/Method`. */
export function toMethodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}
