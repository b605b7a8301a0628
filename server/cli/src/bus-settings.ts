import { setting } from "./setting.ts";
import { busUrls, text } from "./setting-parsers.ts";

/** The settings of messages between servers over a broker. */
export const BUS_SETTINGS = {
  bus: setting(
    "bus",
    "nats://… or tls://…, several with commas: messages between servers go over NATS, not over Postgres.",
    undefined,
    busUrls,
    "URLS",
  ),
  busCredentials: setting(
    "bus-credentials",
    "What NATS knows this server by: a file as nsc makes it, or with a line, an NKey's seed or user:password.",
    undefined,
    text,
    "FILE",
  ),
  busCa: setting("bus-ca", "The CA of the NATS servers, in PEM.", undefined, text, "FILE"),
  busCert: setting("bus-cert", "The certificate of this client of NATS, in PEM.", undefined, text, "FILE"),
  busKey: setting("bus-key", "The private key of that certificate, in PEM.", undefined, text, "FILE"),
  busSubject: setting(
    "bus-subject",
    "What subjects on NATS begin with: another for each fleet on it. Default: countersign.",
    undefined,
    text,
    "NAME",
  ),
} as const;
