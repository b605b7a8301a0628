import { readFile } from "node:fs/promises";
import type { Explanation, Principal } from "@countersign/server";
import { REMEDIES, toFactText } from "@countersign/server/internal";
import { chooseServices } from "./chosen-services.ts";
import { type Call, ONLY_ACTION } from "./command.ts";
import { keepServable, openExplainer } from "./open-explainer.ts";
import { formatTable, toJsonText } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** What `countersign explain` does. */
export const explainActions = { [ONLY_ACTION]: explainCall };

async function explainCall({ line: { config, values }, terminal }: Call): Promise<void> {
  const { method, message, json } = values;
  if (typeof method !== "string") {
    throw new UsageError("--method is missing: name the method that is called, as package.Service/Method");
  }
  const chosen = await chooseServices(values);
  const auth = await openExplainer(config, {
    chosen: keepServable(chosen, method),
    isDemo: values.demo === true,
    terminal,
  });
  const text = (await terminal.readInput()).trim().replace(/^bearer +/i, "");
  const explanation = await orUsage(
    auth.explain({ token: text === "" ? undefined : text, method, message: await readMessage(message) }),
  );
  if (json === true) {
    terminal.print(toJsonText(explanation, { indent: 2 }));
    return;
  }
  formatExplanation(explanation).forEach(terminal.print);
}

/** Read the value of `--message`: JSON, or `@` and the name of a file. */
async function readMessage(message: unknown): Promise<string | undefined> {
  if (typeof message !== "string" || !message.startsWith("@")) {
    return typeof message === "string" ? message : undefined;
  }
  const path = message.slice(1);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CommandError(`the message ${path} cannot be read`, { cause });
  }
}

/** What is no call is a mistake in how the command was called. */
async function orUsage(explaining: Promise<Explanation>): Promise<Explanation> {
  try {
    return await explaining;
  } catch (cause) {
    throw cause instanceof TypeError
      ? new UsageError(cause.message.replace(/^explain: /, ""), { cause })
      : cause;
  }
}

/** What a token says came from outside: a terminal must not obey it. */
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

function formatExplanation(explanation: Explanation): readonly string[] {
  const { verdict, method, isShadow, check, principal, steps } = explanation;
  const members = {
    reason: explanation.reason && `${explanation.reason}: ${explanation.detail}`,
    check,
    expected: explanation.expected,
    got: explanation.got,
    rule: explanation.rule,
    place: explanation.place,
    ...(principal && describePrincipal(principal)),
    help: check && REMEDIES[check],
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
  ];
}
