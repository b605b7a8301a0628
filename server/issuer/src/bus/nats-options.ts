import { readFileSync } from "node:fs";
import {
  assertOptions,
  FUNCTION,
  isolateSink,
  OBJECT,
  type OptionForm,
  required,
  TEXT,
} from "@countersign/server/internal";

/** What {@link createNatsBus} takes. */
export interface NatsBusOptions {
  /**
   * The servers of one NATS cluster, as `nats://host:4222`, or `tls://host:4222` where the connection must be encrypted. One
   * of them is used, and another one when it is gone. A URL may hold a name and a password.
   */
  readonly servers: string | readonly string[];
  /** Proves to NATS who this is. Default: what the URLs hold, or nothing. */
  readonly credentials?: NatsCredentials | undefined;
  /** How servers prove who they are, and this one to them. Default: a server that offers TLS gets it, by the CAs of Node. */
  readonly tls?: NatsTls | undefined;
  /** The subjects that are used begin with it and a point: grant `countersign.>`. Default: `countersign`. */
  readonly subject?: string | undefined;
  /** Receives why there is no connection, once an outage, and other errors of NATS. No secret is in it. Default: console.error. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Proves to NATS who a client is. */
export type NatsCredentials =
  | { readonly user: string; readonly password: string }
  /**
   * A file of credentials as `nsc` makes it, or with one line: the seed of a user's NKey, or `user:password`. It is read for each
   * connection.
   */
  | { readonly file: string };

/** TLS with certificates of one's own, in PEM. Files are read for each connection, so that they can be renewed. */
export interface NatsTls {
  /** The CA of the servers. Default: those that Node trusts. */
  readonly ca?: string | undefined;
  /** A file with it, in its place. */
  readonly caFile?: string | undefined;
  /** The certificate of this client. */
  readonly cert?: string | undefined;
  /** A file with it, in its place. */
  readonly certFile?: string | undefined;
  /** Its private key. */
  readonly key?: string | undefined;
  /** A file with it, in its place. */
  readonly keyFile?: string | undefined;
}

/** Every option, with its default filled in. */
export interface ResolvedNatsOptions {
  /** Each as `host:port`. */
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials | undefined;
  /** Undefined: TLS where the server offers it. */
  readonly tls: NatsTls | undefined;
  readonly subject: string;
  readonly onError: (error: unknown) => void;
}

const DEFAULT_SUBJECT = "countersign";
const DEFAULT_PORT = "4222";

const FORMS: Readonly<Record<keyof NatsBusOptions, OptionForm>> = {
  servers: required({
    says: "must be a URL such as nats://host:4222, or a list of them",
    accepts: (value) => [value].flat().length > 0 && [value].flat().every((url) => typeof url === "string"),
  }),
  credentials: OBJECT,
  tls: OBJECT,
  subject: {
    says: "must be words of letters, digits, - and _, with points between them",
    accepts: (value) => typeof value === "string" && /^[\w-]+(\.[\w-]+)*$/.test(value),
  },
  onError: FUNCTION,
};

const TLS_FORMS: Readonly<Record<keyof NatsTls, OptionForm>> = {
  ca: TEXT,
  caFile: TEXT,
  cert: TEXT,
  certFile: TEXT,
  key: TEXT,
  keyFile: TEXT,
};
const FILE_FORMS = { file: required(TEXT) };
const PASSWORD_FORMS = { user: required(TEXT), password: required(TEXT) };

const printError = (error: unknown): void => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error("countersign: NATS:", error);
};

/**
 * Fill in the defaults.
 *
 * @throws TypeError when an option is wrong. Its message holds no password
 */
export function resolveNatsOptions(options: NatsBusOptions): ResolvedNatsOptions {
  assertOptions("createNatsBus", options, FORMS);
  const { credentials, tls, subject = DEFAULT_SUBJECT, onError = printError } = options;
  if (tls !== undefined) {
    assertOptions("option tls of createNatsBus", tls, TLS_FORMS);
    assertOneOfEach(tls);
  }
  if (credentials !== undefined) {
    assertOptions(
      "option credentials of createNatsBus",
      credentials,
      "file" in credentials ? FILE_FORMS : PASSWORD_FORMS,
    );
  }
  const urls = [options.servers].flat().map(parseServer);
  const [named] = urls.filter(({ username }) => username !== "");
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === "" ? DEFAULT_PORT : port}`),
    credentials: credentials ?? (named === undefined ? undefined : toCredentials(named)),
    tls: tls ?? (urls.some(({ protocol }) => protocol === "tls:") ? {} : undefined),
    subject,
    onError: isolateSink(onError),
  };
}

/** What is given in two ways may be two things. @throws TypeError */
function assertOneOfEach(tls: NatsTls): void {
  for (const name of ["ca", "cert", "key"] as const) {
    if (tls[name] !== undefined && tls[`${name}File`] !== undefined) {
      throw new TypeError(`createNatsBus: option tls takes either ${name} or ${name}File`);
    }
  }
}

function parseServer(text: string): URL {
  const url = /^(nats|tls):\/\/[^/]/.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === "" || !["", "/"].includes(url.pathname) || url.search !== "") {
    throw new TypeError("createNatsBus: servers must be URLs such as nats://host:4222 or tls://host:4222");
  }
  return url;
}

function toCredentials({ username, password }: URL): NatsCredentials {
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** What a file of credentials holds: the bytes of one that `nsc` has made, those of a seed, or a name and a password. */
export type NatsSecret =
  | { readonly user: string; readonly password: string }
  | { readonly seed: Uint8Array }
  | { readonly creds: Uint8Array };

/** The seed of a user's NKey: base32, and `SU` in front. */
const USER_SEED = /^(SU[A-Z2-7]{56})\s*$/;

/**
 * Read what proves who this is.
 *
 * @throws Error when the file cannot be read, or holds neither
 */
export function readNatsSecret(credentials: NatsCredentials): NatsSecret {
  if (!("file" in credentials)) {
    return credentials;
  }
  const text = readFileSync(credentials.file, "utf8");
  if (text.includes("-----BEGIN NATS USER JWT-----")) {
    return { creds: new TextEncoder().encode(text) };
  }
  const [, seed] = USER_SEED.exec(text) ?? [];
  if (seed !== undefined) {
    return { seed: new TextEncoder().encode(seed) };
  }
  const [, user, password] = /^([^:\s]+):(\S+)\s*$/.exec(text) ?? [];
  if (user === undefined || password === undefined) {
    throw new TypeError(
      `${credentials.file} has neither the credentials of a NATS user nor a line with the seed of its NKey or user:password`,
    );
  }
  return { user, password };
}
