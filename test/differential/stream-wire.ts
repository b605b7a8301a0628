import { type Case, type HeaderFields, pathOf, type Step } from "./case.ts";
import {
  type CaseChanges,
  caseOf,
  type Dialect,
  type EchoInit,
  encode,
  fieldsOf,
  frame,
  isConnect,
} from "./wire.ts";

/** What makes a stream another than a plain one. */
export type StreamChanges = Omit<CaseChanges, "path" | "message"> & {
  /** Default: `Follow`, which anyone may call. */
  readonly method?: string;
  /** What the handler does, one act after the other: see stream-script.ts. */
  readonly script: string;
  /** What the client sends, all at once and with the end behind it. Default: one message. Not where there are steps. */
  readonly messages?: readonly EchoInit[];
};

/** Write the frame of a message. */
export function frameOf(dialect: Dialect, message: EchoInit = {}, flags = 0): Buffer {
  return frame(encode(dialect, message), { flags });
}

/** Write a request of a stream. */
function streamOf(dialect: Dialect, name: string, changes: StreamChanges): Case {
  const { method = "Follow", script, messages = [{ text: "hello" }], more = [], ...rest } = changes;
  const steps: readonly Step[] = [Buffer.concat(messages.map((message) => frameOf(dialect, message))), "end"];
  return caseOf(dialect, `${method}: ${name}`, {
    fields: streamFieldsOf(dialect),
    steps,
    ...rest,
    path: pathOf(method),
    more: [["x-script", script], ...more],
  });
}

/** Write the same request in several dialects. */
export function streamsIn(
  dialects: readonly Dialect[],
  name: string,
  changes: StreamChanges | ((dialect: Dialect) => StreamChanges),
): readonly Case[] {
  return dialects.map((dialect) =>
    streamOf(dialect, name, typeof changes === "function" ? changes(dialect) : changes),
  );
}

/** Connect has content types of its own for streams. */
export function streamFieldsOf(dialect: Dialect): HeaderFields {
  return isConnect(dialect)
    ? fieldsOf(dialect).map(([name, value]) => [name, value.replace("application/", "application/connect+")])
    : fieldsOf(dialect);
}
