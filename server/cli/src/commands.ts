import type { Command } from "./command.ts";
import { clientCommand } from "./commands/client.ts";
import { demoCommand } from "./commands/demo.ts";
import { explainCommand } from "./commands/explain.ts";
import { initCommand } from "./commands/init.ts";
import { issuerCommand } from "./commands/issuer.ts";
import { keyCommand } from "./commands/key.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { policyCommand } from "./commands/policy.ts";
import { serveCommand } from "./commands/serve.ts";
import { sessionCommand } from "./commands/session.ts";
import { tokenCommand } from "./commands/token.ts";
import { userCommand } from "./commands/user.ts";

/** The commands of `countersign`, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  demoCommand,
  userCommand,
  clientCommand,
  keyCommand,
  sessionCommand,
  loginCommand,
  logoutCommand,
  tokenCommand,
  policyCommand,
  issuerCommand,
  explainCommand,
  initCommand,
];
