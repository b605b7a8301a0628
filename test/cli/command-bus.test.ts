import { describe, expect, test } from "vitest";
import { runCommand } from "../../server/cli/src/run-command.ts";
import { createNatsBus } from "../../server/issuer/src/bus/index.ts";
import { REVOCATION_CHANNEL } from "../../server/issuer/src/store/revocation-hints.ts";
import { eventually } from "../support/eventually.ts";
import { installNats, startNats } from "../support/nats.ts";
import { startPostgres } from "../support/postgres.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const isThere = installNats();
const need = isThere ? "" : " (skipped: it needs a NATS server, apt-get install nats-server)";

async function start() {
  await using opened = new AsyncDisposableStack();
  const nats = opened.use(await startNats());
  const postgres = opened.use(await startPostgres());
  const databaseUrl = await postgres.createDatabase();
  const run = async (...args: string[]) => {
    const env = { COUNTERSIGN_DATABASE_URL: databaseUrl, COUNTERSIGN_BUS: nats.url };
    const terminal = recordingTerminal({ env, input: "a long pass phrase\n" });
    return { code: await runCommand(args, terminal), err: terminal.warned.join("\n") };
  };
  expect(await run("user", "add", "ada", "--role", "admin", "--create")).toMatchObject({ code: 0 });
  const resources = opened.move();
  return { nats, run, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

describe.skipIf(!isThere)(`a command on a store whose servers are on NATS${need}`, () => {
  test("publishes there what it has changed", async () => {
    await using started = await start();
    await using bus = await createNatsBus({ servers: started.nats.url });
    let count = 0;
    bus.subscribe(REVOCATION_CHANNEL, () => {
      count += 1;
    });
    // The first message says that the subscription has begun.
    await eventually(() => count === 1 || undefined);
    const { code, err } = await started.run("user", "set", "ada", "--role", "reader");
    expect(code).toBe(0);
    expect(err).not.toContain("polling");
    await eventually(() => count === 2 || undefined);
  });

  test("warns that it cannot be reached, and changes the store", async () => {
    await using started = await start();
    await started.nats.kill();
    const { code, err } = await started.run("user", "disable", "ada");
    expect(code).toBe(0);
    expect(err).toMatch(/no connection to NATS at 127\.0\.0\.1:\d+: servers find what changes .* by polling/);
  });
});

test("a command that is given a bus needs a database for it", async () => {
  const terminal = recordingTerminal({ env: { COUNTERSIGN_BUS: "nats://127.0.0.1:1" } });
  expect(await runCommand(["session", "revoke", "abc"], terminal)).toBe(2);
  expect(terminal.warned.join("\n")).toContain("--bus goes with --database-url");
});
