import { once } from "node:events";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { createSelfSigned, type SelfSigned } from "../../support/self-signed.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { startCommand } from "../running-command.ts";

/** Put a certificate where Kubernetes has that of a mounted secret: behind a link that is swapped. */
async function mount(folder: string, name: string, { cert, key }: SelfSigned): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "tls.crt"), cert);
  await writeFile(join(folder, name, "tls.key"), key);
  await symlink(name, join(folder, "..data_tmp"));
  await rename(join(folder, "..data_tmp"), join(folder, "..data"));
}

async function whoAnswers(baseUrl: string): Promise<string> {
  const socket = connect({
    port: Number(new URL(baseUrl).port),
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

test("serve uses a certificate that was swapped, keeps its connections, and says when it expires", async () => {
  await using folder = await createTemporaryFolder();
  const [first, second] = [createSelfSigned("first"), createSelfSigned("second", { to: "300101000000Z" })];
  await mount(folder.path, "..1", first);
  const files = { cert: join(folder.path, "tls.crt"), key: join(folder.path, "tls.key") };
  await symlink(join("..data", "tls.crt"), files.cert);
  await symlink(join("..data", "tls.key"), files.key);
  const args = ["serve", "--audience", "billing", "--tls-cert", files.cert, "--tls-key", files.key];
  await using running = await startCommand(args, { dataDir: join(folder.path, "data") });
  const { terminal, baseUrl } = running;
  const said = (words: string) =>
    eventually(() => terminal.warned.some((line) => line.includes(words)) || undefined);
  const session = connectHttp2(baseUrl, { ca: first.cert });
  const keys = () => text(session.request({ ":path": "/.well-known/jwks.json" }));
  expect(await keys()).toContain("keys");
  expect(await whoAnswers(baseUrl)).toBe("first");

  await mount(folder.path, "..2", second);
  terminal.hangUp();
  await said('"expires":"2030-01-01T00:00:00.000Z","msg":"the TLS certificate was replaced');
  expect(await whoAnswers(baseUrl)).toBe("second");
  expect(await keys()).toContain("keys");
  session.close();
  const [, admin] = /admin (http:\S+)\)/.exec(terminal.printed.join("\n")) ?? [];
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain(`countersign_tls_certificate_expires_seconds ${Date.UTC(2030, 0, 1) / 1000}`);

  await mount(folder.path, "..3", { cert: first.cert, key: second.key });
  terminal.hangUp();
  await said("the files of the TLS certificate cannot be used: the former one stays in use");
  expect(await whoAnswers(baseUrl)).toBe("second");
  expect(terminal.warned.join()).not.toContain((await readFile(files.key, "utf8")).split("\n")[1]);
});
