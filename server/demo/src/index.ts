export { DEMO_ACCOUNTS, warnOfDemoAccounts } from "./accounts.ts";
export { composeNotes } from "./notes/compose-notes.ts";
export { createStaticFiles } from "./static-files.ts";
