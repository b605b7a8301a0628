import type { Store } from "@countersign/issuer";
import { createPasswords } from "@countersign/issuer";
import { findAccountByUsername } from "@countersign/issuer/internal";

/** The accounts that the demo makes. */
export const DEMO_ACCOUNTS = [
  { username: "demo", password: "demo-password", scopes: ["notes:read", "notes:write"], roles: [] },
  { username: "admin", password: "admin-password", scopes: ["notes:read", "notes:write"], roles: ["admin"] },
] as const;

interface WarningParts {
  readonly store: Store;
  readonly log: { warn(details: object, message: string): void };
}

/** Warn the operator of a store that the demo has run on: everyone knows the passwords of its accounts. */
export async function warnOfDemoAccounts({ store, log }: WarningParts): Promise<void> {
  const passwords = createPasswords();
  const accounts: string[] = [];
  for (const { username, password } of DEMO_ACCOUNTS) {
    const account = await findAccountByUsername(store, username);
    const isOpen = account !== undefined && account.disabledAtMs === undefined;
    if (isOpen && (await passwords.verify(password, account.passwordHash))) accounts.push(username);
  }
  if (accounts.length > 0) {
    log.warn(
      { accounts },
      "countersign demo made these accounts, and everyone knows their passwords: " +
        "disable them with countersign user disable, or use another store",
    );
  }
}
