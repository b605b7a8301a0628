import type { DEMO_ACCOUNTS } from "@countersign/demo";
import { loadDemoServices } from "./built-in-services.ts";
import type { Command, Terminal } from "./command.ts";
import type { ServerMode } from "./compose-server.ts";
import { readCommandLine } from "./config.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import { storeOf } from "./store-settings.ts";
import { UsageError } from "./usage-error.ts";

/** The settings that the demo has defaults of its own for. */
const FALLBACKS = { audience: "countersign-demo", logLevel: "warn" } as const;

/** `countersign demo`: the server with all that is needed to try it out. */
export const demoCommand: Command = {
  name: "demo",
  summary: "Run the server with notes, the web demo, reflection and two accounts.",
  settings: "all",
  fallbacks: FALLBACKS,
  usage: [
    "Usage: countersign demo [settings]",
    "",
    "Runs the server with what is needed to try it out: a service of notes, the web demo at /, reflection for",
    "everyone, and two accounts whose passwords are printed. Never run it where others can reach it.",
  ].join("\n"),
  async run(args, terminal) {
    const { config, given, words } = readCommandLine(args, terminal.env, { fallbacks: FALLBACKS });
    if (words.length > 0) {
      throw new UsageError("demo takes no words, only options");
    }
    if (config.workers > 1) {
      throw new UsageError("the demo is one process: --workers is for countersign serve");
    }
    // Loaded by this command only: the others know nothing of it.
    const { DEMO_ACCOUNTS, openDemo } = await import("@countersign/demo");
    const mode: ServerMode = {
      ...(await loadDemoServices()),
      openAddition: ({ issuer }) => openDemo({ issuer, store: storeOf(config) }),
    };
    await runServer(config, terminal, {
      mode,
      given,
      createsSecret: true,
      onReady: (server) => printWelcome(server, DEMO_ACCOUNTS, terminal),
    });
  },
};

type DemoAccounts = typeof DEMO_ACCOUNTS;

function printWelcome(
  { backend, origin, adminOrigin }: RunningServer,
  accounts: DemoAccounts,
  terminal: Terminal,
): void {
  const [{ username, password }] = accounts;
  const body = JSON.stringify({ password: { username, password } });
  const { tlsCert } = backend.config;
  const connection = tlsCert === undefined ? "--http2-prior-knowledge" : `--cacert ${tlsCert}`;
  const lines = [
    "",
    `Countersign demo is ready: ${origin}`,
    "",
    ...accounts.map((account, index) => {
      const label = index === 0 ? "Accounts" : "";
      const rights = [...account.scopes, ...account.roles.map((role) => `role ${role}`)].join(" ");
      return `  ${label.padEnd(10)}${account.username.padEnd(6)}/ ${account.password.padEnd(15)} ${rights}`;
    }),
    `  ${"Metrics".padEnd(10)}${adminOrigin}/metrics`,
    `  ${"Try it".padEnd(10)}npx buf curl --protocol grpc ${connection} -d '${body}' \\`,
    `  ${"".padEnd(10)}  ${origin}/countersign.auth.v1.SessionService/SignIn`,
    "",
    "Press Ctrl-C to stop.",
  ];
  lines.forEach(terminal.print);
}
