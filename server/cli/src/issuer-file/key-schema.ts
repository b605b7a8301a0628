import type { KeyOptions } from "@countersign/server";
import * as v from "valibot";
import { choose, described, name, objectOf, oneOrMore, recordOf } from "./schema-parts.ts";

type MemberOf<Union> = Union extends unknown ? keyof Union : never;

/** What JSON cannot hold: the file names a file instead, or has no use for it. */
type NotInFile = "fetch" | "sharedSecret" | "source";

/** A JWK Set (RFC 7517 §5). */
const jwkSet = v.looseObject(
  { keys: v.array(v.unknown(), "must be a list of keys") },
  "must be a JWK Set, an object with a list of keys",
);

/** The members of `keys`, complete by type. */
const members = {
  jwks: described(jwkSet, "The keys themselves: a JWK Set."),
  jwksUri: described(name, "The URL of the JWK Set."),
  discovery: described(
    v.literal(true, "must be true, or absent"),
    "Find the keys by the metadata of the issuer, at its well-known places.",
  ),
  metadataUri: described(name, "The URL of the metadata. Default: both well-known places."),
  metadataIssuer: described(
    name,
    "The issuer that the metadata names, if it is another one. Default: the same.",
  ),
  headers: described(recordOf(v.string("must be text")), "Headers of the requests for keys. Default: none."),
} satisfies Record<Exclude<MemberOf<KeyOptions>, NotInFile>, v.GenericSchema>;

/** What only the file has. It names files, relative to itself, instead of bytes and functions. */
export const fileMembers = {
  sharedSecretFile: described(
    name,
    "A file with the secret that the issuer shares with this server. A line end at its end does not count.",
  ),
  bearerTokenFile: described(
    name,
    "A file with a token that goes with the requests for keys, and is read anew for each of them. Default: none.",
  ),
  caFile: described(
    name,
    "A file with the certificates, in PEM, to trust in requests for keys. Default: those that Node trusts.",
  ),
};

const fetching = {
  headers: v.exactOptional(members.headers),
  bearerTokenFile: v.exactOptional(fileMembers.bearerTokenFile),
  caFile: v.exactOptional(fileMembers.caFile),
};

/** Where keys can be, by the member that says so, with what goes with it. */
const locations = {
  jwks: objectOf({ jwks: members.jwks }),
  jwksUri: objectOf({ jwksUri: members.jwksUri, ...fetching }),
  discovery: objectOf({
    discovery: members.discovery,
    metadataUri: v.exactOptional(members.metadataUri),
    metadataIssuer: v.exactOptional(members.metadataIssuer),
    ...fetching,
  }),
  sharedSecretFile: objectOf({ sharedSecretFile: fileMembers.sharedSecretFile }),
} as const;

/** The names of all members of `keys`. */
export const KEY_MEMBERS: readonly string[] = Object.keys({ ...members, ...fileMembers });

type Location = (typeof locations)[keyof typeof locations];

const LOCATIONS = Object.entries(locations) as readonly [keyof typeof locations, Location][];

/** Names a member that is misspelt, and says of all else that it is no location. */
const noLocation = v.pipe(
  objectOf(v.entriesFromList(KEY_MEMBERS, v.exactOptional(v.unknown()))),
  v.custom<never>(() => false, `needs exactly one of ${LOCATIONS.map(([known]) => known).join(", ")}`),
);

/** One place where keys are. */
export const location = choose<Location | typeof noLocation>(Object.values(locations), (input) => {
  const given = LOCATIONS.filter(([known]) => isObject(input) && Object.hasOwn(input, known));
  const [first] = given;
  return first === undefined || given.length > 1 ? noLocation : first[1];
});

/** Where the keys of an issuer are: at one place, or at several that are joined. */
export const keys = oneOrMore(location);

/** Where keys are, as the file says. */
export type KeySettings = v.InferOutput<typeof keys>;

/** One of the places. */
export type LocationSettings = v.InferOutput<typeof location>;

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
