export { DEMO_ACCOUNTS } from "./accounts.ts";
export type { Demo, DemoOptions } from "./open-demo.ts";
export { DEMO_SERVICES, openDemo } from "./open-demo.ts";
