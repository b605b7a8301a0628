import { resolve } from "node:path";
import { type Call, ONLY_ACTION, type RunAction } from "../command.ts";
import { CommandError } from "../usage-error.ts";
import { readVersion } from "../version.ts";
import { changeProject } from "./change-project.ts";
import { openProject } from "./project.ts";
import { applyDiff, assertClean, openStage } from "./stage.ts";

/** That of `countersign demo`. */
const DEFAULT_ISSUER = "http://127.0.0.1:8080";

const init: RunAction = async (call) => {
  const { values } = call.line;
  const folder = resolve(call.argument || ".");
  await assertClean(folder, values["allow-dirty"] === true);
  await using stage = await openStage(folder);
  const left = await changeProject(
    openProject({ folder: stage.folder, files: stage.files, env: call.terminal.env }),
    {
      issuer: toText(values.issuer) ?? DEFAULT_ISSUER,
      audience: toText(values.audience),
      version: readVersion(),
    },
  );
  const diff = await stage.diff();
  if (values.json !== true) {
    call.terminal.print(diff);
  }
  const isWritten = diff !== "" && (await mayWrite(call));
  if (isWritten) {
    await applyDiff(folder, diff);
  }
  report(call, { isWritten, diff, left });
};

/** What `countersign init` does. */
export const initActions = { [ONLY_ACTION]: init };

const toText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

async function mayWrite({ line: { values }, terminal }: Call): Promise<boolean> {
  if (values["dry-run"] === true || values.yes === true) {
    return values["dry-run"] !== true;
  }
  const answer = await terminal.confirm("Write these changes? (y/N) ");
  if (answer === undefined) {
    terminal.warn("Nothing is written: say --yes to write it.");
  }
  return answer ?? false;
}

interface Outcome {
  readonly isWritten: boolean;
  readonly diff: string;
  readonly left: readonly string[];
}

/** @throws CommandError when a person has to do more than to install and to read */
function report({ line: { values }, terminal }: Call, { isWritten, diff, left }: Outcome): void {
  if (values.json === true) {
    terminal.print(JSON.stringify({ written: isWritten, diff, left }, undefined, 2));
  } else if (isWritten) {
    terminal.warn(
      "Written. Next: install what package.json names, generate the code of the protos where git ignores it, run your tests, and read each rule that was guessed. Once you take away enforce, tests that call the server need tokens: have them call guardRoutes(routes, [issuer.trust]), with createTestIssuer of @countersign/server/testing.",
    );
  }
  if (left.length > 0) {
    throw new CommandError(`some of it is left to you:\n${left.map((line) => `  ${line}`).join("\n")}`);
  }
}
