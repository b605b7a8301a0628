import { type Choices, isPageOfNext } from "./choices.ts";

/** What to type when a project has been made. */
export interface NextCommand {
  readonly command: string;
  /** Where or what for, where that is not plain. */
  readonly hint?: string;
}

/** List what to type next, in the folder that the command was run in. */
export function listNextCommands({
  folder,
  ...choices
}: Choices & { readonly folder: string }): readonly NextCommand[] {
  return [
    { command: `cd ${quote(folder)}` },
    { command: "npm install" },
    { command: "npm start" },
    ...listClientCommands(choices),
  ];
}

function listClientCommands(choices: Choices): readonly NextCommand[] {
  if (choices.client === "none" || isPageOfNext(choices)) {
    return [];
  }
  const command = choices.client === "node" ? "npm run call" : "npm run page";
  return [{ command, hint: "in a second terminal" }];
}

/** As a shell takes it. */
function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
