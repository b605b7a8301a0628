import type { DEMO_ACCOUNTS } from "@countersign/demo";
import { loadDemoServices } from "./built-in-services.ts";
import { ONLY_ACTION, type RunAction, type Terminal } from "./command.ts";
import type { ServerMode } from "./compose-server.ts";
import { type RunningServer, runServer } from "./run-server.ts";
import { describeStore } from "./store-name.ts";
import { storeOf } from "./store-settings.ts";
import { UsageError } from "./usage-error.ts";

const runDemo: RunAction = async ({ line: { config, given }, terminal }) => {
  if (config.workers > 1) {
    throw new UsageError("the demo is one process: --workers is for countersign serve");
  }
  const store = describeStore(config);
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
    onReady: (server) => printWelcome(server, { accounts: DEMO_ACCOUNTS, store }, terminal),
  });
};

/** What `countersign demo` does. */
export const demoActions = { [ONLY_ACTION]: runDemo };

type DemoAccounts = typeof DEMO_ACCOUNTS;

function printWelcome(
  { backend, origin, adminOrigin }: RunningServer,
  { accounts, store }: { readonly accounts: DemoAccounts; readonly store: string },
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
    `  ${"Store".padEnd(10)}${store}`,
    `  ${"Metrics".padEnd(10)}${adminOrigin}/metrics`,
    `  ${"Try it".padEnd(10)}npx buf curl --protocol grpc ${connection} -d '${body}' \\`,
    `  ${"".padEnd(10)}  ${origin}/countersign.auth.v1.SessionService/SignIn`,
    "",
    "Press Ctrl-C to stop.",
  ];
  lines.forEach(terminal.print);
}
