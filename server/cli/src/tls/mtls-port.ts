import { readFile } from "node:fs/promises";
import type { HttpHandler, Listener, TlsOptions } from "@countersign/node";
import { type BindSettings, bindServer } from "../bind.ts";
import type { Config } from "../config.ts";
import { reasonOf } from "../reason-of.ts";
import { CommandError, UsageError } from "../usage-error.ts";
import type { TlsFiles } from "./tls-files.ts";

type MtlsSettings = Pick<Config, "clientCa" | "mtlsPort" | "mtlsUrl" | "tlsCert">;

/** What listens on one port, or on two. */
export interface Listeners extends Pick<Listener, "close" | "origin" | "setCertificate"> {
  /** Where it asks clients for a certificate; undefined: nowhere. */
  readonly mtlsOrigin: string | undefined;
}

/** @throws UsageError when the settings of certificates of clients do not go together */
export function assertMtlsSettings({ clientCa, mtlsPort, mtlsUrl, tlsCert }: MtlsSettings): void {
  if (mtlsPort === undefined && (clientCa ?? mtlsUrl) !== undefined) {
    throw new UsageError("--client-ca and --mtls-url are of --mtls-port, which is not set");
  }
  if (mtlsPort !== undefined && tlsCert === undefined) {
    throw new UsageError("--mtls-port needs --tls-cert and --tls-key");
  }
}

/**
 * Find the URL under which clients reach the port that asks for certificates.
 *
 * @returns undefined when there is none, or it is any free port
 */
export function mtlsUrlOf({ mtlsPort, mtlsUrl }: MtlsSettings, issuerUrl: string): string | undefined {
  if (mtlsUrl !== undefined || !mtlsPort) {
    return mtlsUrl;
  }
  const url = new URL(issuerUrl);
  url.port = String(mtlsPort);
  return url.href.replace(/\/$/, "");
}

/**
 * Listen where the settings say, and with `--mtls-port` on a second port, which asks clients for a certificate. Browsers
 * would ask their user on the first.
 *
 * @param tls undefined: without TLS
 * @throws CommandError when an address or a file cannot be used
 */
export async function bindListeners(
  handler: HttpHandler,
  config: BindSettings & MtlsSettings,
  tls: TlsFiles | undefined,
): Promise<Listeners> {
  const authorities = await readAuthorities(config);
  const first = await bindServer(handler, config, { tls });
  const { mtlsPort } = config;
  if (mtlsPort === undefined || tls === undefined) {
    return { ...first, mtlsOrigin: undefined };
  }
  try {
    const place = { ...config, port: mtlsPort };
    const second = await bindServer(handler, place, { tls: { ...tls, ...authorities }, flag: "--mtls-port" });
    return join(first, second);
  } catch (error) {
    await first.close(0);
    throw error;
  }
}

function join(first: Listener, second: Listener): Listeners {
  return {
    origin: first.origin,
    mtlsOrigin: second.origin,
    setCertificate(certificate) {
      first.setCertificate(certificate);
      second.setCertificate(certificate);
    },
    async close(graceMs, options) {
      await Promise.all([first.close(graceMs, options), second.close(graceMs, options)]);
    },
  };
}

/** @throws CommandError when the file cannot be read */
async function readAuthorities({ clientCa }: MtlsSettings): Promise<Omit<TlsOptions, keyof TlsFiles>> {
  if (clientCa === undefined) {
    return { requestCert: true, rejectUnauthorized: false };
  }
  try {
    return { ca: await readFile(clientCa, "utf8") };
  } catch (cause) {
    throw new CommandError(`the file of --client-ca cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
