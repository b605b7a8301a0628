import { type DescField, type DescMessage, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { claims_type } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { typeOfField } from "./field-type.ts";
import { withImports } from "./file-imports.ts";
import type { RuleContext } from "./rule.ts";
import { DYNAMIC_CLAIMS } from "./rule-claims.ts";
import { createRulePrincipals, type RulePrincipals } from "./rule-principal.ts";
import { describeType } from "./rule-type.ts";
import { createTypedClaims } from "./typed-claims.ts";

/** What rules may name, by the service that they are written in. */
export interface RuleContexts {
  of(service: DescService): FoundContext;
}

/** What the rules of one service may name. */
export interface FoundContext {
  readonly context: RuleContext;
  /** What is wrong with the option, to be said after the name of the service; undefined: nothing is. */
  readonly fault: string | undefined;
}

/**
 * Create what finds the message that describes the claims of a service, as its option `claims_type` names it.
 *
 * @param services all that are served: the message may also stand in the file of another
 * @param onWarning receives one warning for each claim that has another form than its field, and each issuer
 */
export function createRuleContexts(
  services: readonly DescService[],
  onWarning: (message: string) => void,
): RuleContexts {
  const dynamic = createRulePrincipals(DYNAMIC_CLAIMS);
  const typed = new Map<DescMessage, RulePrincipals>();
  const onWrongForm = createWrongFormWarning(onWarning);

  function principalsOf(desc: DescMessage | undefined): RulePrincipals {
    if (desc === undefined) {
      return dynamic;
    }
    const principals = typed.get(desc) ?? createRulePrincipals(createTypedClaims(desc, onWrongForm));
    typed.set(desc, principals);
    return principals;
  }

  return {
    of(service) {
      const name = readClaimsType(service);
      const claims = name === undefined ? undefined : findClaimsType(name, [service, ...services]);
      const isMissing = name !== undefined && claims === undefined;
      return {
        context: { principals: principalsOf(claims), file: service.file },
        fault: isMissing
          ? `names claims_type ${JSON.stringify(name)}, which no file that it imports declares`
          : undefined,
      };
    },
  };
}

/** Read the name of the message that describes the claims of a service; undefined: none does. */
export function readClaimsType(service: DescService): string | undefined {
  return hasOption(service, claims_type) ? getOption(service, claims_type) : undefined;
}

/** In the file of the service itself first: others may have been compiled from another state of the protos. */
function findClaimsType(name: string, services: readonly DescService[]): DescMessage | undefined {
  for (const { file } of services) {
    for (const { messages } of withImports(file)) {
      const found = findMessage(messages, name);
      if (found !== undefined) {
        return found;
      }
    }
  }
  return undefined;
}

function findMessage(messages: readonly DescMessage[], name: string): DescMessage | undefined {
  for (const message of messages) {
    const found = message.typeName === name ? message : findMessage(message.nestedMessages, name);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** How many warnings are written: the tenants of an issuer may be without number. */
const MAX_WARNINGS = 100;

function createWrongFormWarning(onWarning: (message: string) => void) {
  const warned = new Set<string>();
  return (field: DescField, issuer: string): void => {
    const name = `${field.parent.typeName}.${field.name}`;
    const key = `${name} ${issuer}`;
    if (warned.size < MAX_WARNINGS && !warned.has(key)) {
      warned.add(key);
      const type = describeType(typeOfField(field));
      onWarning(
        `claim ${JSON.stringify(field.jsonName)} in tokens of ${issuer} is no ${type}, as ${name} says: rules that read it deny`,
      );
    }
  };
}
