import { type Action, type Command, ONLY_ACTION } from "./command.ts";
import type { CommandLine } from "./config.ts";
import { askIfMeant } from "./similar-name.ts";
import { UsageError } from "./usage-error.ts";

/** How a command is called with an action, such as `user add`. */
export function callNameOf(command: Command, action: string): string {
  return action === ONLY_ACTION ? command.name : `${command.name} ${action}`;
}

/** Find how a command was probably called, for what is said of a command line that cannot be read. */
export function guessCallName(command: Command, args: readonly string[]): string {
  const action = args.find((word) => Object.hasOwn(command.actions, word));
  return callNameOf(command, action ?? ONLY_ACTION);
}

/** Find the name of the action that the arguments name. @throws UsageError when there is no such action */
export function chooseAction(command: Command, positionals: readonly string[]): string {
  const names = Object.keys(command.actions);
  if (Object.hasOwn(command.actions, ONLY_ACTION)) {
    return ONLY_ACTION;
  }
  const [name] = positionals;
  if (name !== undefined && Object.hasOwn(command.actions, name)) {
    return name;
  }
  const known = `it has ${names.length === 1 ? "one action" : "these actions"}: ${names.join(", ")}`;
  if (name === undefined) {
    throw new UsageError(known);
  }
  const meant = askIfMeant(name, names);
  throw new UsageError(`there is no action ${JSON.stringify(name)}${meant === "" ? `; ${known}` : meant}`);
}

/**
 * Read the argument of an action, and check that its options are its own.
 *
 * @throws UsageError when the argument is missing, there are more of them, or an option belongs to another action
 */
export function readArgument(command: Command, name: string, { values, positionals }: CommandLine): string {
  const { argument, isArgumentOptional = false, options } = command.actions[name] ?? NO_ACTION;
  const [given, ...more] = name === ONLY_ACTION ? positionals : positionals.slice(1);
  if (argument === undefined && given !== undefined) {
    throw new UsageError("it takes no arguments, only options");
  }
  if (more.length > 0) {
    throw new UsageError(`it takes one ${argument} only`);
  }
  if (argument !== undefined && given === undefined && !isArgumentOptional) {
    throw new UsageError(`it needs a ${argument}`);
  }
  const foreign = Object.keys(command.options).find(
    (option) => values[option] !== undefined && !options.includes(option),
  );
  if (foreign !== undefined) {
    throw new UsageError(`it has no option --${foreign}, which is for ${listUsers(command, foreign)}`);
  }
  return given ?? "";
}

const NO_ACTION: Action = { help: [], options: [] };

function listUsers({ actions }: Command, option: string): string {
  return Object.keys(actions)
    .filter((name) => actions[name]?.options.includes(option))
    .join(", ");
}
