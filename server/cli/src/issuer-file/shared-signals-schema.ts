import type { IssuerOptions } from "@countersign/server";
import * as v from "valibot";
import { ALGORITHMS } from "./algorithms.ts";
import type { FetchSettings } from "./key-files.ts";
import { type KeySettings, keys } from "./key-schema.ts";
import { described, type Members, name, names, objectOf, option, recordOf } from "./schema-parts.ts";

/** What JSON cannot hold: the file names a file instead. */
type FromFiles = "client" | "fetch";

type Options = NonNullable<IssuerOptions["sharedSignals"]>;

type EventMembers = Record<Exclude<keyof Required<Options>, FromFiles>, Members[string]>;

const push = objectOf({
  authorizationFile: option(
    name,
    "A file with what header authorization of each push must be, such as Bearer and a token. Default: none is asked for.",
  ),
});

const client = objectOf({
  id: described(name, "Its client_id."),
  secretFile: described(name, "A file with its secret. A line end at its end does not count."),
  scope: option(name, "The scopes to ask for. Default: ssf.manage ssf.read."),
});

const poll = objectOf({
  url: v.pipe(name, v.description("The endpoint_url of the stream.")),
});

const members = {
  audiences: v.pipe(
    names,
    v.description("Whom its events are for: claim aud, as the stream's configuration has it."),
  ),
  transmitter: option(name, "The transmitter: claim iss of its events. Default: the issuer."),
  keys: option(
    keys,
    "Where its keys are. Default: as the issuer's, or where the metadata of transmitter say.",
  ),
  algorithms: option(
    v.pipe(v.array(v.picklist(ALGORITHMS)), v.nonEmpty("must not be empty")),
    "What the transmitter signs with. Default: as those of an issuer.",
  ),
  subjectIssuers: option(
    names,
    "The names of the issuer in subjects of events. Default: those of the issuer and the transmitter.",
  ),
  match: option(
    v.picklist(["session", "subject"], "must be session or subject"),
    "Which tokens an event ends: those with its sid or none, or all of its subject. Default: session.",
  ),
  push: option(push, "Take events that are pushed to /security-events (RFC 8935). Default: none are taken."),
  poll: option(poll, "Poll for events (RFC 8936). Default: the transmitter is not asked."),
  streamId: option(name, "The stream: a verification event is asked for every hour. Default: none is."),
  headers: option(
    recordOf(v.string("must be text")),
    "Headers of the requests to the transmitter. Default: none.",
  ),
} satisfies EventMembers;

/** The client that a receiver is, as the file says. */
export interface ClientSettings {
  readonly id: string;
  readonly secretFile: string;
  readonly scope?: string | undefined;
}

/** The security events of an issuer, as the file says. */
export interface SharedSignalsSettings extends Omit<Options, "keys" | "push" | FromFiles>, FetchSettings {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly keys?: KeySettings | undefined;
  readonly client?: ClientSettings | undefined;
  readonly push?: { readonly authorizationFile?: string | undefined } | undefined;
}

/** The security events that are sent about the tokens of an issuer. */
export const sharedSignals: v.GenericSchema<unknown, SharedSignalsSettings> = objectOf({
  ...members,
  client: option(
    client,
    "The client that this server is at the issuer, which grants it tokens for the requests to the transmitter. Default: none.",
  ),
  bearerTokenFile: option(
    name,
    "A file with a token that goes with the requests to the transmitter, and is read anew for each of them. Default: none.",
  ),
  caFile: option(
    name,
    "A file with the certificates, in PEM, to trust in these requests. Default: those that Node trusts.",
  ),
});
