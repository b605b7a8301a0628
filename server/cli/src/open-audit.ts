import type { Config } from "./config.ts";
import { type FileAudit, openFileAudit } from "./operate/audit-file.ts";
import { CommandError } from "./usage-error.ts";

/** An audit sink that may go nowhere. */
export type OptionalFileAudit = FileAudit & AsyncDisposable;

/**
 * Open the audit file that the settings name; without one, a sink that drops every event.
 *
 * @param onError receives the reason why the file can no longer be written
 * @throws CommandError when it cannot be opened
 */
export function openAudit(
  config: Pick<Config, "auditFile">,
  onError: (error: unknown) => void,
): OptionalFileAudit {
  if (config.auditFile === undefined) {
    return {
      record: () => {},
      reopen: () => {},
      close: () => {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  try {
    const audit = openFileAudit(config.auditFile, { onError });
    return { ...audit, [Symbol.asyncDispose]: () => Promise.resolve(audit.close()) };
  } catch (cause) {
    throw new CommandError(`the audit file ${config.auditFile} cannot be opened`, { cause });
  }
}
