import { createPasswords, findAccountWithPassword } from "@countersign/issuer/internal";
import type { Backend } from "./open-backend.ts";

/** The names of accounts that guides, demos and images come with. Attackers try these first. */
const COMMON_NAMES = ["demo", "admin", "root", "test", "user", "guest"];

/** The password that such an account has in examples, and in `countersign demo`. */
const toCommonPassword = (username: string): string => `${username}-password`;

/**
 * Warn the operator of open accounts whose passwords stand in examples, as those that `countersign demo` makes.
 *
 * A password is hashed for each account of such a name that there is, and for no other.
 */
export async function warnOfGuessablePasswords({ issuer, log }: Backend): Promise<void> {
  const passwords = createPasswords();
  const accounts: string[] = [];
  for (const username of COMMON_NAMES) {
    const account = await findAccountWithPassword(issuer.store, username);
    if (account === undefined || account.disabledAtMs !== undefined) {
      continue;
    }
    if (await passwords.verify(toCommonPassword(username), account.passwordHash)) {
      accounts.push(username);
    }
  }
  if (accounts.length > 0) {
    log.warn(
      { accounts },
      "these accounts are from countersign demo or from an example, and everyone knows their passwords: " +
        "disable them with countersign user disable, or use another store",
    );
  }
}
