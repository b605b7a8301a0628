import { type PolicyEntry, PolicyError } from "@countersign/server";
import { createPolicyTable, toMethodName } from "@countersign/server/internal";
import { type ChosenServices, chooseServices } from "./chosen-services.ts";
import { ONLY_ACTION, type RunAction } from "./command.ts";
import { formatDuration } from "./duration.ts";
import { formatTable } from "./table.ts";
import { CommandError } from "./usage-error.ts";

const printPolicies: RunAction = async ({ line: { values }, terminal }) => {
  const entries = toEntries(await chooseServices(values));
  if (values.json === true) {
    terminal.print(JSON.stringify(entries.map(toJson), undefined, 2));
    return;
  }
  formatTable(["METHOD", "ACCESS", "CONDITIONS", "FROM"], entries.map(toRow)).forEach(terminal.print);
};

/** What `countersign policy` does. */
export const policyActions = { [ONLY_ACTION]: printPolicies };

function toEntries({ services, policies }: ChosenServices): readonly PolicyEntry[] {
  try {
    return createPolicyTable(services, policies).entries;
  } catch (error) {
    throw error instanceof PolicyError ? new CommandError(error.message) : error;
  }
}

/** What an entry says, without what it does not. */
function toJson({ method, policy, source, claimsType }: PolicyEntry): Readonly<Record<string, unknown>> {
  const { rule, streamMaxAgeMs, ...rest } = policy;
  const streamMaxAge = streamMaxAgeMs === undefined ? undefined : formatDuration(streamMaxAgeMs);
  // What describes the claims of a token concerns no call that has none.
  const claims = policy.access === "public" ? undefined : claimsType;
  const conditions = Object.entries({
    ...rest,
    claimsType: claims,
    rule: rule?.expression,
    streamMaxAge,
  }).filter(
    ([, value]) => !(value === undefined || value === false || (Array.isArray(value) && value.length === 0)),
  );
  return { method: toMethodName(method), ...Object.fromEntries(conditions), source };
}

function toRow(entry: PolicyEntry): readonly string[] {
  const { method, access, source, ...conditions } = toJson(entry);
  return [String(method), String(access), formatConditions(conditions), String(source)];
}

function formatConditions(conditions: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(conditions).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(",") : String(value);
    return text === "true" ? name : `${name}=${text}`;
  });
  return texts.length === 0 ? "-" : texts.join(" ");
}
