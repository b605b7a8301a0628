import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installDebian } from "../../support/install-debian.ts";
import { createMember, type Member } from "./member.ts";
import type { Processes } from "./processes.ts";

/** What a proxy passes calls on to: where its servers take calls, and where they say whether they are ready. */
export interface Upstream {
  readonly ports: readonly number[];
  readonly healthPorts: readonly number[];
}

/** The servers of a fleet: those that issue tokens, and those of one's own. */
export interface Upstreams {
  readonly issuers: Upstream;
  readonly own: Upstream;
}

/** Where a proxy listens for each of them. */
export interface ProxyPorts {
  readonly issuers: number;
  readonly own: number;
}

/** The proxies in front of a fleet. */
export interface Proxies {
  readonly nginx: Member;
  readonly haproxy: Member;
}

/** The ways through the proxies. */
export const LANES = ["nginx-stream", "nginx-grpc", "haproxy"] as const;

/** Where each of them is entered. */
export type LanePorts = Readonly<Record<(typeof LANES)[number], ProxyPorts>>;

const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** Install nginx and HAProxy of Debian where that is possible. @returns what is missing; undefined when nothing is */
export function findMissingProxies(): string | undefined {
  const hasNginx = () => existsSync("/usr/sbin/nginx") && existsSync(STREAM_MODULE);
  const hasAll =
    installDebian(hasNginx, ["nginx-light", "libnginx-mod-stream"]) &&
    installDebian(() => existsSync("/usr/sbin/haproxy"), ["haproxy"]);
  return hasAll ? undefined : "nginx with its stream module, and HAProxy, of Debian";
}

/** Make nginx, which balances connections at one pair of ports and requests at the other, and HAProxy, which balances requests. */
export async function createProxies(
  processes: Processes,
  upstreams: Upstreams,
  { folder, lanes }: { readonly folder: string; readonly lanes: LanePorts },
): Promise<Proxies> {
  const nginx = join(folder, "nginx.conf");
  const haproxy = join(folder, "haproxy.cfg");
  await writeFile(nginx, toNginxConfig(folder, upstreams, lanes));
  await writeFile(haproxy, toHaproxyConfig(upstreams, lanes));
  const nginxArgs = ["/usr/sbin/nginx", "-p", folder, "-c", nginx];
  const haproxyArgs = ["/usr/sbin/haproxy", "-db", "-f", haproxy];
  return {
    nginx: createMember(processes, { name: "nginx", args: nginxArgs, ready: lanes["nginx-grpc"].own }),
    haproxy: createMember(processes, { name: "haproxy", args: haproxyArgs, ready: lanes.haproxy.own }),
  };
}

const ROLES = ["issuers", "own"] as const;

function toNginxConfig(folder: string, upstreams: Upstreams, lanes: LanePorts): string {
  // With max_fails=0 none is left out for a while: one call that fails at each of them would leave nginx none to ask.
  const servers = (role: (typeof ROLES)[number]): string =>
    upstreams[role].ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(" ");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/nginx-${kind};`,
  );
  return `
${existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ""}
# One process, so that its end is the end of all.
daemon off; master_process off; user root; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 4096; }
stream {
${ROLES.map(
  (role) => `  upstream ${role} { ${servers(role)} }
  server { listen 127.0.0.1:${lanes["nginx-stream"][role]}; proxy_pass ${role}; proxy_connect_timeout 1s; proxy_timeout 1h; }`,
).join("\n")}
}
http {
  access_log off; ${temporary.join(" ")}
${ROLES.map(
  (role) => `  upstream ${role} { ${servers(role)} keepalive 32; }
  server {
    listen 127.0.0.1:${lanes["nginx-grpc"][role]} http2;
    client_max_body_size 0;
    location / { grpc_pass grpc://${role}; grpc_set_header Host $host; grpc_connect_timeout 1s; grpc_read_timeout 1h; grpc_send_timeout 1h; }
  }`,
).join("\n")}
}
`;
}

function toHaproxyConfig(upstreams: Upstreams, lanes: LanePorts): string {
  const backend = (role: (typeof ROLES)[number]): string => {
    const { ports, healthPorts } = upstreams[role];
    const servers = ports.map(
      (port, index) =>
        `  server ${role}${index} 127.0.0.1:${port} proto h2 check port ${healthPorts[index]} check-proto h1`,
    );
    return [
      `listen ${role}`,
      `  bind 127.0.0.1:${lanes.haproxy[role]}`,
      "  balance roundrobin",
      "  option httpchk",
      "  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host 127.0.0.1",
      "  default-server inter 250ms fall 1 rise 1",
      ...servers,
    ].join("\n");
  };
  return `global
  maxconn 4096
defaults
  mode http
  option forwardfor
  option redispatch 1
  retries 3
  timeout connect 1s
  timeout check 5s
  timeout client 1h
  timeout server 1h
${ROLES.map(backend).join("\n")}
`;
}
