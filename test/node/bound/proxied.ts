import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { findFreePort } from "../../support/free-port.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { clients, server } from "./bound-server.ts";

/** Where Debian puts it. */
export const HAPROXY = "/usr/sbin/haproxy";

/** A proxy that speaks TLS to clients, and sends their certificates on as RFC 9440 says. */
export interface CertificateProxy extends AsyncDisposable {
  readonly origin: string;
}

/** As in docs/your-server.md. */
const configOf = (port: number, folder: string, upstream: number): string => `
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen auth
    bind 127.0.0.1:${port} ssl crt ${folder}/server.pem ca-file ${folder}/clients.pem verify optional alpn h2,http/1.1
    http-request del-header client-cert
    http-request set-header client-cert ":%[ssl_c_der,base64]:" if { ssl_c_used }
    server one 127.0.0.1:${upstream} proto h2
`;

/** Start HAProxy before a server. @param upstream the port of the server, which speaks h2c */
export async function startHaproxy(upstream: number): Promise<CertificateProxy> {
  await using started = new AsyncDisposableStack();
  const { path } = started.use(await createTemporaryFolder());
  const port = await findFreePort();
  await writeFile(join(path, "server.pem"), `${server.cert}${server.key}`);
  await writeFile(join(path, "clients.pem"), clients.cert);
  await writeFile(join(path, "haproxy.cfg"), configOf(port, path, upstream));
  const child = spawn(HAPROXY, ["-f", join(path, "haproxy.cfg"), "-db"], { stdio: "ignore" });
  started.defer(() => stop(child));
  await eventually(() => isOpen(port));
  const stack = started.move();
  return { origin: `https://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function isOpen(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
