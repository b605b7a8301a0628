import { type Fact, formatList, toJsonText } from "./table.ts";

/** What an action on a store answers. */
export type Answer = ListAnswer | ObjectAnswer;

/** An answer about one thing. */
export interface ObjectAnswer {
  readonly kind: "object";
  /** For people, line by line. */
  readonly text: readonly string[];
  /** For programs. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** An answer with any number of things. */
export interface ListAnswer {
  readonly kind: "list";
  /** For people: a table. */
  readonly text: readonly string[];
  /** For programs. */
  readonly rows: readonly object[];
}

/** How an answer is printed. */
export interface PrintOptions {
  /** The name of the store. */
  readonly store: string;
  readonly isJson: boolean;
  readonly print: (line: string) => void;
}

/** Print an answer. An object of JSON names the store; a list stays a list of what is in it. */
export function printAnswer(answer: Answer, { store, isJson, print }: PrintOptions): void {
  if (!isJson) {
    answer.text.forEach(print);
    return;
  }
  print(
    answer.kind === "list" ? toJsonText(answer.rows, { indent: 2 }) : toJsonText({ ...answer.json, store }),
  );
}

/** Answer about one thing. */
export function toAnswer(text: readonly string[], json: ObjectAnswer["json"]): ObjectAnswer {
  return { kind: "object", text, json };
}

/** Answer with a list: a table for people. */
export function toListAnswer<Name extends string>(
  columns: readonly Name[],
  rows: readonly Readonly<Record<Name, Fact>>[],
): ListAnswer {
  return { kind: "list", text: formatList(columns, rows), rows };
}
