import { setting } from "../setting.ts";
import { port, text } from "../setting-parsers.ts";

/** The settings of the port that asks clients for certificates. */
export const MTLS_SETTINGS = {
  mtlsPort: setting(
    "mtls-port",
    "A second port, which asks clients for a certificate: for tokens that are bound to it. It needs --tls-cert.",
    undefined,
    port,
    "PORT",
  ),
  clientCa: setting(
    "client-ca",
    "The authorities whose clients --mtls-port takes, in PEM. Default: any client, and its names are not trusted.",
    undefined,
    text,
    "FILE",
  ),
  mtlsUrl: setting(
    "mtls-url",
    "The URL of --mtls-port for clients. Default: the issuer's, with that port.",
    undefined,
    text,
    "URL",
  ),
} as const;
