import type { Accounts } from "@countersign/issuer";

/** The accounts of the demo. Everyone knows their passwords. */
export const DEMO_ACCOUNTS = [
  { username: "demo", password: "demo-password", scopes: ["notes:read", "notes:write"], roles: [] },
  { username: "admin", password: "admin-password", scopes: ["notes:read", "notes:write"], roles: ["admin"] },
] as const;

/** Make the accounts of the demo that are missing. */
export async function makeDemoAccounts(accounts: Pick<Accounts, "create" | "find">): Promise<void> {
  for (const account of DEMO_ACCOUNTS) {
    const isMissing = async (): Promise<boolean> => (await accounts.find(account.username)) === undefined;
    if (!(await isMissing())) {
      continue;
    }
    await accounts.create(account).catch(async (error: unknown) => {
      // Another demo on the same store may have made it meanwhile.
      if (await isMissing()) {
        throw error;
      }
    });
  }
}
