import { readFile } from "node:fs/promises";
import type { Explanation, ExplanationStep, Principal } from "@countersign/server";
import { toFactText, toRemedy } from "@countersign/server/internal";
import { chooseServices } from "./chosen-services.ts";
import { type Call, ONLY_ACTION } from "./command.ts";
import { keepServable, openExplainer } from "./open-explainer.ts";
import { SERVE_REMEDIES } from "./serve-remedies.ts";
import { formatTable, toJsonText } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** What `countersign explain` does. */
export const explainActions = { [ONLY_ACTION]: explainCall };

async function explainCall({ line: { config, values }, terminal }: Call): Promise<void> {
  const { method, json } = values;
  if (typeof method !== "string") {
    throw new UsageError("--method is missing: name the method that is called, as package.Service/Method");
  }
  const chosen = await chooseServices(values);
  const auth = await openExplainer(config, {
    chosen: keepServable(chosen, method),
    isDemo: values.demo === true,
    terminal,
  });
  const input = (await terminal.readInput()).trim();
  // Only the header Authorization has a scheme before the token.
  const isBearer = config.tokenHeader.toLowerCase() === "authorization";
  const text = isBearer ? input.replace(/^(bearer|dpop) +/i, "") : input;
  const explanation = withoutDecide(
    await orUsage(
      auth.explain({
        token: text === "" ? undefined : text,
        method,
        message: await readValue("message", values.message),
        proof: (await readValue("proof", values.proof))?.trim(),
      }),
    ),
  );
  const lines = json === true ? [toJsonText(explanation, { indent: 2 })] : formatExplanation(explanation);
  lines.forEach(terminal.print);
  if (explanation.verdict === "denied") {
    throw new CommandError(`the call is denied: ${explanation.detail}`);
  }
}

/** The verdict as this command knows it: an application may decide more in its own code. */
type KnownExplanation = Omit<Explanation, "steps"> & {
  readonly steps: readonly {
    readonly step: string;
    readonly result: ExplanationStep["result"] | "not_known";
  }[];
};

/** Mark step `decide` as not known: this command does not have the code of the application. */
function withoutDecide(explanation: Explanation): KnownExplanation {
  const { verdict, steps } = explanation;
  const isPublic = steps.some(({ step, result }) => step === "token" && result === "not_needed");
  if (isPublic) {
    return explanation;
  }
  const result = verdict === "denied" ? "not_reached" : "not_known";
  return {
    ...explanation,
    steps: steps.map((known) => (known.step === "decide" ? { step: known.step, result } : known)),
  };
}

const DECIDE_IS_UNKNOWN =
  "A server with option decide of createAuth asks that, too: auth.explain in that server does so. countersign serve has none.";

/** Read the value of an option: text, or `@` and the name of a file. @param what the option has, for errors */
async function readValue(what: string, value: unknown): Promise<string | undefined> {
  if (typeof value !== "string" || !value.startsWith("@")) {
    return typeof value === "string" ? value : undefined;
  }
  const path = value.slice(1);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CommandError(`the ${what} ${path} cannot be read`, { cause });
  }
}

/** Convert the TypeError of `explain`, which the method or the message of the command line causes. */
async function orUsage(explaining: Promise<Explanation>): Promise<Explanation> {
  try {
    return await explaining;
  } catch (cause) {
    throw cause instanceof TypeError
      ? new UsageError(cause.message.replace(/^explain: /, ""), { cause })
      : cause;
  }
}

/** Describe the caller. Strangers write claims: escape sequences in them are made visible. */
function describePrincipal({ subject, issuer, clientId, scopes, roles }: Principal) {
  const members = {
    caller: `${toFactText(subject)} of ${toFactText(issuer)}`,
    client: clientId,
    scopes: scopes.join(" "),
    roles: roles.join(" "),
  };
  const given = Object.entries(members).filter(([, text]) => text !== "");
  return Object.fromEntries(given.map(([name, text]) => [name, toFactText(text)]));
}

function formatExplanation(explanation: KnownExplanation): readonly string[] {
  const { verdict, method, isShadow, check, hint, principal, steps } = explanation;
  const members = {
    reason: explanation.reason && `${explanation.reason}: ${explanation.detail}`,
    check,
    expected: explanation.expected,
    got: explanation.got,
    rule: explanation.rule,
    place: explanation.place,
    ...(principal && describePrincipal(principal)),
    help: check && toRemedy({ check, hint }, SERVE_REMEDIES),
  };
  const rows = Object.entries(members).filter(([, value]) => value !== undefined && value !== "");
  const title = `${verdict}: ${method}${isShadow ? " (its service is in shadow mode: the call goes on)" : ""}`;
  return [
    title,
    "",
    ...rows.map(([name, value]) => `${name.padEnd(9)} ${value}`),
    "",
    ...formatTable(
      ["STEP", "RESULT"],
      steps.map(({ step, result }) => [step, result.replace("_", " ")]),
    ),
    ...(steps.some(({ result }) => result === "not_known") ? ["", DECIDE_IS_UNKNOWN] : []),
  ];
}
