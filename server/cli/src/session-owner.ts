import type { SessionEnd } from "@countersign/issuer";
import {
  findAccountByUsername,
  normalizeUsername,
  type Store,
  toFederatedSubject,
} from "@countersign/issuer/internal";
import type { CommandLine } from "./config.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/**
 * Read whose sessions are meant.
 *
 * @returns undefined when no option says it
 * @throws UsageError when several do, CommandError when there is no such user
 */
export async function readOwner(
  store: Store,
  values: CommandLine["values"],
): Promise<SessionEnd["where"] | undefined> {
  const { user, subject, client } = values;
  const { "external-issuer": externalIssuer, "external-subject": externalSubject } = values;
  const given = [user, subject, client, externalIssuer].filter((value) => value !== undefined);
  if (given.length > 1 || (externalIssuer === undefined && externalSubject !== undefined)) {
    throw new UsageError("name one owner: --user, --subject, --client, or --external-issuer");
  }
  if (typeof user === "string") {
    return { subject: await findSubject(store, user) };
  }
  if (typeof subject === "string") {
    return { subject };
  }
  if (typeof client === "string") {
    return { clientId: client };
  }
  if (typeof externalIssuer !== "string") {
    return undefined;
  }
  return typeof externalSubject === "string"
    ? { subject: toFederatedSubject(externalIssuer, externalSubject) }
    : { externalIssuer };
}

/** Read whose sessions are meant, if that is one subject. @throws UsageError otherwise, and as {@link readOwner} */
export async function readOwnerSubject(store: Store, values: CommandLine["values"]): Promise<string> {
  const owner = await readOwner(store, values);
  if (owner === undefined || !("subject" in owner) || owner.subject === undefined) {
    throw new UsageError(
      "name one subject: --user NAME, --subject SUBJECT, or an external issuer and subject",
    );
  }
  return owner.subject;
}

async function findSubject(store: Store, username: string): Promise<string> {
  const account = await findAccountByUsername(store, normalizeUsername(username));
  if (account === undefined) {
    throw new CommandError("there is no such user");
  }
  return account.subject;
}
