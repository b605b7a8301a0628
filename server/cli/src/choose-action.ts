import { UsageError } from "./usage-error.ts";

/** The actions of a command, and what it was called with. */
export interface ActionChoice<Act> {
  /** The command's name. */
  readonly command: string;
  /** What stands for the thing that an action is done to in help texts, such as `NAME`. Only `list` has none. */
  readonly target: string;
  readonly actions: Readonly<Record<string, Act>>;
  readonly words: readonly string[];
}

/**
 * Choose the action that the first word names, done to what the second one names.
 *
 * @throws UsageError when there is no such action, or a word is missing or too many
 */
export function chooseAction<Act>(choice: ActionChoice<Act>): { readonly act: Act; readonly name: string } {
  const { command, target, actions, words } = choice;
  const [action = "", name, ...more] = words;
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (act === undefined) {
    throw new UsageError(`${command} knows these actions: ${Object.keys(actions).join(", ")}`);
  }
  if (action !== "list" && name === undefined) {
    throw new UsageError(`${action} needs a ${target}`);
  }
  if (more.length > 0 || (action === "list" && name !== undefined)) {
    throw new UsageError(action === "list" ? "list takes no words" : `${action} takes one ${target} only`);
  }
  return { act, name: name ?? "" };
}
