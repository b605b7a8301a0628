/** The accounts that the demo makes. Everyone knows their passwords. */
export const DEMO_ACCOUNTS = [
  { username: "demo", password: "demo-password", scopes: ["notes:read", "notes:write"], roles: [] },
  { username: "admin", password: "admin-password", scopes: ["notes:read", "notes:write"], roles: ["admin"] },
] as const;
