import { findIssuerUrlFault } from "@countersign/issuer/internal";
import { isLoopback } from "@countersign/server/internal";
import type { Config } from "./config.ts";
import { assertMtlsSettings } from "./tls/mtls-port.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Refuse to send tokens in plain text where others can listen (RFC 6750 §5.2).
 *
 * @throws UsageError when the address is open to others, and TLS is neither set up nor said to end in front
 */
export function assertSafeExposure(
  config: Pick<
    Config,
    "behindTlsProxy" | "clientCa" | "host" | "mtlsPort" | "mtlsUrl" | "tlsCert" | "tlsKey"
  >,
): void {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  assertMtlsSettings(config);
  if (config.tlsCert === undefined && !config.behindTlsProxy && !isLoopback(config.host)) {
    throw new UsageError(
      `${config.host} is open to others, and tokens would go there in plain text: ` +
        "give --tls-cert and --tls-key, or --behind-tls-proxy when TLS ends at a proxy in front",
    );
  }
}

/**
 * Find the name of the issuer, which stands in every token: what is set, or else the address.
 *
 * @param origin where the server listens, such as `http://127.0.0.1:8080`
 * @throws UsageError when the address is not one that a token can name, or that others can fetch keys from
 */
export function resolveIssuerUrl(
  config: Pick<Config, "behindTlsProxy" | "host" | "insecureHttpIssuer" | "issuer">,
  origin: string,
): string {
  if (config.issuer === undefined) {
    if (config.host === "0.0.0.0" || config.host === "::" || config.behindTlsProxy) {
      throw new UsageError("--issuer must be the public URL of this server when it listens for others");
    }
    return origin;
  }
  const fault = findIssuerUrlFault(config.issuer, { allowHttp: config.insecureHttpIssuer });
  if (fault !== undefined) {
    const isInTheClear = findIssuerUrlFault(config.issuer, { allowHttp: true }) === undefined;
    const advice = isInTheClear ? "; --insecure-http-issuer allows it for this server's own gate" : "";
    throw new UsageError(`--issuer ${fault}${advice}`);
  }
  return config.issuer;
}
