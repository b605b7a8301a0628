import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createRuleContexts, readClaimsType } from "./claims-type.ts";
import { findPolicyFault, readPolicy } from "./policy.ts";
import type { Policy } from "./policy-fields.ts";
import type { RuleContext } from "./rule.ts";
import { toCheckPlace, toSourcePlace } from "./source-place.ts";

/** One line of the inventory: a method and the rule that guards it. */
export interface PolicyEntry {
  /** The method's descriptor. */
  readonly method: DescMethod;
  /** Its rule. */
  readonly policy: Policy;
  /** Where the rule is written. `server`: given by the server for a proto that is not its own. */
  readonly source: "method" | "service" | "server";
  /** The message that describes the claims of tokens (option `claims_type` of the service); undefined: none does. */
  readonly claimsType: string | undefined;
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
 * @param onWarning receives one warning for each claim that has another form than `claims_type` says. Default: none does
 * @throws PolicyError that names all offenders at once
 */
export function createPolicyTable(
  services: readonly DescService[],
  given: ReadonlyMap<DescService, Policy> = new Map(),
  onWarning: (message: string) => void = () => {},
): PolicyTable {
  const all = [...new Set(services)];
  const contexts = createRuleContexts(all, onWarning);
  const offenders: string[] = [];
  const entries: PolicyEntry[] = [];
  for (const service of all) {
    const { context, fault } = contexts.of(service);
    if (fault !== undefined) {
      offenders.push(`${service.typeName} ${fault} (${toSourcePlace(service)})`);
    }
    for (const method of service.methods) {
      const result = toEntry(method, { context, given: given.get(service) });
      if (typeof result === "string") {
        offenders.push(`${toMethodName(method)} ${result}`);
      } else {
        entries.push(result);
      }
    }
  }
  if (offenders.length > 0) {
    throw new PolicyError(offenders.sort());
  }
  return toTable(entries);
}

/** What a method is judged by: what its rule may name, and the rule that the server gives to its service, if any. */
interface EntryContext {
  readonly context: RuleContext;
  readonly given: Policy | undefined;
}

/** @returns the entry of a method, or what is wrong with its rule, to be said after its name */
function toEntry(method: DescMethod, { context, given }: EntryContext): PolicyEntry | string {
  const result = readPolicy(method, context);
  const claimsType = readClaimsType(method.parent);
  if (result.kind === "policy" && given === undefined) {
    return { method, policy: result.policy, source: result.source, claimsType };
  }
  if (result.kind === "fault" && given !== undefined) {
    const fault = findPolicyFault(given);
    return fault === undefined
      ? { method, policy: given, source: "server", claimsType }
      : `${fault} (in the policies of the server)`;
  }
  if (result.kind === "policy") {
    return `has a rule in its proto and another from the server (${toSourcePlace(method)})`;
  }
  const place = result.check === undefined ? toSourcePlace(method) : toCheckPlace(method, result.check);
  return `${result.fault} (${place})`;
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
