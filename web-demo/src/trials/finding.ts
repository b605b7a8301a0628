import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { isSessionError, reasonOf } from "@countersign/sdk";

/** One thing that a trial has brought to light. */
export interface Finding {
  /** Who did what, such as "The thief sends the copy". */
  readonly what: string;
  /** What came of it, in few words, such as "PERMISSION_DENIED · POLICY_DENIED". */
  readonly answer: string;
  readonly tone: "allowed" | "refused" | "fact";
  /** The words of the server, where they say more. */
  readonly detail?: string | undefined;
}

/** Shows what a trial has found, while it goes on. */
export type Note = (finding: Finding) => void;

/** A call whose answer is to be shown. */
export interface Question<T> {
  readonly what: string;
  readonly call: () => Promise<T>;
  /** Says what a good answer means. */
  readonly describe: (answer: T) => string;
}

/** Make a call and show how it was answered. Never rejects. */
export async function ask<T>(note: Note, { what, call, describe }: Question<T>): Promise<void> {
  try {
    note({ what, answer: `OK · ${describe(await call())}`, tone: "allowed" });
  } catch (err) {
    note({ what, ...describeRefusal(err) });
  }
}

/** Describe an error as servers say it: its code and reason, and the challenge, else the message. */
export function describeRefusal(err: unknown): Omit<Finding, "what"> {
  if (isSessionError(err)) {
    // Its message begins with the reason, in small letters.
    return { answer: err.reason, tone: "refused", detail: /: (.+)/.exec(err.rawMessage)?.[1] };
  }
  const error = ConnectError.from(err);
  const { cause } = error.findDetails(ErrorInfoSchema)[0]?.metadata ?? {};
  const answer = [toCodeName(error.code), reasonOf(error), cause]
    .filter((part) => part !== undefined)
    .join(" · ");
  const challenge = error.metadata.get("www-authenticate");
  return { answer, tone: "refused", detail: challenge ?? error.rawMessage };
}

/** Write a code as gRPC does: `PERMISSION_DENIED`. */
function toCodeName(code: Code): string {
  return Code[code].replaceAll(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase();
}
