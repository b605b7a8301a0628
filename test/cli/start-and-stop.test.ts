import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConnectError } from "@connectrpc/connect";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { afterEach, expect, test, vi } from "vitest";
import { eventually } from "../support/eventually.ts";
import { findFreePort } from "../support/free-port.ts";
import { clientOf } from "../support/rpc.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { startCommand } from "./running-command.ts";

const SERVE = ["serve", "--audience", "billing"];

afterEach(() => void vi.useRealTimers());

/** Ask the operator's port. */
async function ask(origin: string, path: string): Promise<number | string> {
  try {
    return (await fetch(`${origin}${path}`)).status;
  } catch (error) {
    return String(Object(Object(error).cause).code);
  }
}

test("a server that starts answers its operator, and opens its own port only when it takes calls", async () => {
  await using folder = await createTemporaryFolder();
  // Reading it lasts until the test writes it.
  const issuers = join(folder.path, "issuers");
  execFileSync("mkfifo", [issuers]);
  const [port, adminPort] = [String(await findFreePort()), String(await findFreePort())];
  const ports = ["--port", port, "--admin-port", adminPort];
  const starting = startCommand([...SERVE, ...ports, "--trusted-issuers", issuers], { dataDir: folder.path });
  const [origin, admin] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${adminPort}`];
  await eventually(async () => (await ask(admin, "/livez")) === 200 || undefined);
  expect(await ask(admin, "/readyz")).toBe(503);
  expect(await ask(admin, "/metrics")).toBe(200);
  expect(await ask(origin, "/")).toBe("ECONNREFUSED");
  await expect(startCommand([...SERVE, ...ports], { dataDir: folder.path })).rejects.toThrow(
    `127.0.0.1:${adminPort} is in use`,
  );
  await writeFile(issuers, "[]");
  await using running = await starting;
  expect(running.baseUrl).toBe(origin);
  expect(await ask(admin, "/readyz")).toBe(200);
  await expect(
    startCommand([...SERVE, "--port", port, "--admin-port", "0"], { dataDir: folder.path }),
  ).rejects.toThrow(`127.0.0.1:${port} is in use`);
});

test("a server that stops is not ready at once, takes calls for the delay, and then ends its streams", async () => {
  await using folder = await createTemporaryFolder();
  await using running = await startCommand([...SERVE, "--drain-delay", "10m"], { dataDir: folder.path });
  const [, admin = ""] = /admin (http:\S+)\)/.exec(running.terminal.printed.join("\n")) ?? [];
  const health = clientOf(Health, { baseUrl: running.baseUrl, protocol: "grpc" });
  const statuses: unknown[] = [];
  const watching = (async () => {
    for await (const { status } of health.watch({})) {
      statuses.push(status);
    }
  })();
  const ended = watching.catch((error: unknown) =>
    ConnectError.from(error).metadata.get("countersign-drain"),
  );
  await eventually(() => statuses.length === 1 || undefined);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stopped = running.stop();
  await eventually(() => statuses.length === 2 || undefined);
  expect(await ask(admin, "/readyz")).toBe(503);
  expect(await ask(admin, "/livez")).toBe(200);
  expect(await health.check({})).toMatchObject({ status: 2 });
  const answer = await fetch(running.baseUrl);
  expect([answer.status, answer.headers.get("connection")]).toEqual([404, "close"]);
  // The delay, in which HTTP/2 connections begin to end half way, and the time for what has just connected.
  await vi.advanceTimersByTimeAsync(601_000);
  vi.useRealTimers();
  expect(await ended).toBe("1");
  await stopped;
  expect(await ask(running.baseUrl, "/")).toBe("ECONNREFUSED");
});
