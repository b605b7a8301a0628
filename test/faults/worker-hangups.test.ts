import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { RunningProgram } from "../support/program.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const WORKERS = 2;
const ARGS = ["--audience", "notes", "--workers", String(WORKERS)];

function count(program: RunningProgram, words: string): number {
  return program.output().stderr.split(words).length - 1;
}

test("a SIGHUP while workers start ends none of them", async () => {
  await using dir = await createTemporaryFolder();
  const { promise: launched, resolve: onLaunched } = Promise.withResolvers<RunningProgram>();
  const starting = startServer({ command: "serve", args: ARGS, dataDir: dir.path, onLaunched });
  const program = await launched;
  await eventually(() => count(program, '"a worker starts"') === 1 || undefined);
  process.kill(program.pid, "SIGHUP");
  await using server = await starting;
  expect((await fetch(server.baseUrl)).status).toBe(404);
  expect(count(program, '"a worker starts"')).toBe(WORKERS);
});

async function whoAnswers(baseUrl: string): Promise<unknown> {
  const port = Number(new URL(baseUrl).port);
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

test("all workers use a certificate that was replaced, and the admin port says when it expires", async () => {
  await using dir = await createTemporaryFolder();
  const [cert, key] = [join(dir.path, "cert.pem"), join(dir.path, "key.pem")];
  const write = async (pair: { readonly cert: string; readonly key: string }): Promise<void> => {
    for (const [path, pem] of [[cert, pair.cert] as const, [key, pair.key] as const]) {
      await writeFile(`${path}.new`, pem);
      await rename(`${path}.new`, path);
    }
  };
  await write(createSelfSigned("first"));
  const args = [...ARGS, "--tls-cert", cert, "--tls-key", key];
  await using server = await startServer({ command: "serve", args, dataDir: dir.path });
  const { baseUrl, program } = server;
  const ask = () => Promise.all(Array.from({ length: 2 * WORKERS }, () => whoAnswers(baseUrl)));
  expect(new Set(await ask())).toEqual(new Set(["first"]));
  await write(createSelfSigned("second", { to: "300101000000Z" }));
  process.kill(program.pid, "SIGHUP");
  await eventually(() => count(program, "the TLS certificate was replaced") === WORKERS || undefined);
  expect(new Set(await ask())).toEqual(new Set(["second"]));
  const [, admin] = await program.untilPrinted(/admin (http:\S+)\)/);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain(`countersign_tls_certificate_expires_seconds ${Date.UTC(2030, 0, 1) / 1000}`);
});
