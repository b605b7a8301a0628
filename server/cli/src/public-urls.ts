import { isLoopback } from "@countersign/server/internal";
import type { Config } from "./config.ts";
import { mtlsUrlOf } from "./tls/mtls-port.ts";

type PublicUrlSettings = Pick<Config, "clientCa" | "mtlsPort" | "mtlsUrl" | "publicUrls" | "tlsCert">;

/** Find the URLs by which clients reach a server; on this machine, by name and by address. */
export function publicUrlsOf(config: PublicUrlSettings, issuerUrl: string): readonly string[] {
  const urls = config.publicUrls.length > 0 ? config.publicUrls : namesOf(issuerUrl);
  const mtlsUrl = mtlsUrlOf(config, issuerUrl);
  return mtlsUrl === undefined ? urls : [...urls, mtlsUrl];
}

interface ServerUrls {
  readonly url: string;
  readonly mtlsUrl: string | undefined;
  readonly publicUrls: readonly string[];
}

/** Find every URL of an issuer: its name, that of its port for certificates, and those by which clients reach it. */
export function urlsOf(config: PublicUrlSettings, url: string): ServerUrls {
  return { url, mtlsUrl: mtlsUrlOf(config, url), publicUrls: publicUrlsOf(config, url) };
}

function namesOf(issuerUrl: string): readonly string[] {
  const url = URL.parse(issuerUrl);
  if (url === null || !isLoopback(url.hostname)) {
    return [issuerUrl];
  }
  return [...new Set([url.hostname, "localhost", "127.0.0.1"])].map((host) =>
    issuerUrl.replace(url.hostname, host),
  );
}
