/** The accounts that `countersign demo` makes. Everyone knows their passwords. */
export const DEMO_ACCOUNTS = [
  { username: "demo", password: "demo-password", can: "reads and writes notes", roles: [] },
  {
    username: "admin",
    password: "admin-password",
    can: "the same, and what takes the role admin",
    roles: ["admin"],
  },
] as const;

/** Find the account of a caller. @param roles what `WhoAmI` says that the caller has */
export function findDemoAccount(roles: readonly string[]): {
  readonly username: string;
  readonly password: string;
} {
  const [demo, admin] = DEMO_ACCOUNTS;
  return roles.includes("admin") ? admin : demo;
}
