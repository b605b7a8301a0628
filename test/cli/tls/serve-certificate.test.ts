import { once } from "node:events";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createAuthority, createSelfSigned, type SelfSigned } from "../../support/self-signed.ts";
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

test("serve asks for certificates on a second port only, and takes those of its authorities", async () => {
  await using folder = await createTemporaryFolder();
  const clients = createAuthority("clients");
  const [server, next] = [createSelfSigned("first"), createSelfSigned("second")];
  const files = Object.entries({ cert: server.cert, key: server.key, ca: clients.cert });
  await Promise.all(files.map(([name, pem]) => writeFile(join(folder.path, name), pem)));
  const path = (name: string) => join(folder.path, name);
  const args = ["serve", "--audience", "billing", "--tls-cert", path("cert"), "--tls-key", path("key")];
  const mtls = ["--mtls-port", "0", "--client-ca", path("ca"), "--mtls-url", "https://mtls.example"];
  await using running = await startCommand([...args, ...mtls], { dataDir: path("data") });
  const { terminal, baseUrl } = running;
  const [, mtlsUrl = ""] = /show a certificate at (\S+)/.exec(terminal.printed.join("\n")) ?? [];
  const metadataAt = async (origin: string, client: Partial<SelfSigned> = {}): Promise<string> => {
    const url = `${origin}/.well-known/oauth-authorization-server`;
    const [res] = await once(
      request(url, { ca: [server.cert, next.cert], ...client, agent: false }).end(),
      "response",
    );
    return text(res);
  };
  const billing = clients.issue("billing");
  expect(await metadataAt(baseUrl)).toContain("mtls_endpoint_aliases");
  expect(JSON.parse(await metadataAt(mtlsUrl, billing))).toMatchObject({
    mtls_endpoint_aliases: { token_endpoint: "https://mtls.example/oauth2/token" },
  });
  await expect(metadataAt(mtlsUrl)).rejects.toThrow();
  await expect(metadataAt(mtlsUrl, createAuthority("strangers").issue("billing"))).rejects.toThrow();

  await Promise.all([writeFile(path("cert"), next.cert), writeFile(path("key"), next.key)]);
  terminal.hangUp();
  await eventually(() => terminal.warned.some((line) => line.includes("was replaced")) || undefined);
  expect(await metadataAt(mtlsUrl, billing)).toContain("token_endpoint");
  await expect(metadataAt(mtlsUrl)).rejects.toThrow();
});

test.each(
  notEmpty([
    [["--mtls-port", "0"], "--mtls-port needs --tls-cert and --tls-key"],
    [["--client-ca", "ca.pem"], "--client-ca and --mtls-url are of --mtls-port, which is not set"],
  ] as const),
)("serve refuses %j alone", async (args, says) => {
  await using folder = await createTemporaryFolder();
  const starting = startCommand(["serve", "--audience", "billing", ...args], { dataDir: folder.path });
  await expect(starting).rejects.toThrow(says);
});
