import type * as v from "valibot";
import { isUnknownMember } from "./schema-parts.ts";

/**
 * Describe the first thing that is wrong with a file, by the entry, counted from one, and the member. What stands in the
 * file is not repeated, but for names.
 */
export function describeIssues(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  // A member that is missing is often one that is misspelt: that one is named first.
  const issue = issues.find(isUnknownMember) ?? issues[0];
  const { where, members } = placeOf(issue);
  if (!isUnknownMember(issue)) {
    return [where, toText(members), issue.message].filter((part) => part !== "").join(": ");
  }
  const parent = toText(members.slice(0, -1));
  return `${where}: there is no member ${JSON.stringify(toText(members))}${hintOf(issue.message, parent)}`;
}

type Steps = readonly (string | number)[];

/** Find the entry of an issue, and the way to the member in it. */
function placeOf({ path }: v.BaseIssue<unknown>): { readonly where: string; readonly members: Steps } {
  const keys = (path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  const steps = keys[0] === "issuers" && typeof keys[1] === "number" ? keys.slice(1) : keys;
  const [index, ...members] = steps;
  return typeof index === "number"
    ? { where: `entry ${index + 1}`, members }
    : { where: "the file", members: steps };
}

/** Write the way to a member as one writes it in JavaScript, such as `keys[0].jwksUri`. */
function toText(steps: Steps): string {
  return steps
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
}

/** What was meant, in the object where it is; or what there is. */
function hintOf(message: string, parent: string): string {
  if (message.startsWith(";")) {
    return message;
  }
  return `: did you mean ${parent === "" ? "" : `${parent}.`}${message}?`;
}
