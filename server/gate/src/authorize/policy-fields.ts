import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  OnExpiry,
  type Policy as PolicyMessage,
  PolicySchema,
  type StreamPolicy as StreamPolicyMessage,
  StreamPolicySchema,
  TokenBinding,
} from "@countersign/gen/countersign/auth/v1/options_pb.js";
import type { Rule } from "./rule.ts";
import { type FieldOf, hasUnreadFields } from "./unread-fields.ts";

/** The access rule of one method, with every default filled in. */
export interface Policy {
  /** Whether a token is needed. */
  readonly access: "public" | "optional" | "authenticated";
  /** Scopes that the token must all have. */
  readonly scopes: readonly string[];
  /** Scopes of which it must have one; empty: no such condition. */
  readonly anyScopes: readonly string[];
  /** Roles of which the principal must have one; empty: no such condition. */
  readonly roles: readonly string[];
  /** Audiences of which the token must name one; empty: the server's. */
  readonly audiences: readonly string[];
  /** Clients that may call; empty: every client. */
  readonly clientIds: readonly string[];
  /** How long ago the user may have proved who they are, in seconds. */
  readonly maxAuthAgeSeconds: number | undefined;
  /** Ways in which the user may have proved who they are, of which the token must name one; empty: any. */
  readonly acrValues: readonly string[];
  /** Whether the token must be bound to a key of its sender. */
  readonly requiresBinding: boolean;
  /** A condition on every inbound message; undefined: none. */
  readonly rule: Rule | undefined;
  /** Whether a stream may be renewed in place when its token expires. */
  readonly renewable: boolean;
  /** The longest life of a stream, in milliseconds; undefined: no limit. */
  readonly streamMaxAgeMs: number | undefined;
}

/** What a policy says beside who needs a token, and beside its rule. */
export type PolicyFields = Omit<Policy, "access" | "rule">;

/** What a policy says about streams. Everything else is a condition on the token, which `decide.ts` enforces. */
type StreamField = "renewable" | "streamMaxAgeMs";

/** The conditions on the token. */
export type TokenField = Exclude<keyof PolicyFields, StreamField>;

/** How one field of a policy is read. */
interface PolicyField<Name extends keyof PolicyFields> {
  /** The field of the proto that it stands in. */
  readonly from: FieldOf<PolicyMessage>;
  /** Its value in a policy that does not set it. */
  readonly none: PolicyFields[Name];
  readonly read: (message: PolicyMessage) => PolicyFields[Name];
  /** Whether it is a condition on the token, which only a method that needs one can have. */
  readonly isOfToken: Name extends TokenField ? true : false;
}

/** All fields. One that is added here is read, has a default, and is checked for contradictions. */
export const FIELDS = {
  scopes: names("scopes"),
  anyScopes: names("anyScopes"),
  roles: names("roles"),
  audiences: names("audiences"),
  clientIds: names("clientIds"),
  maxAuthAgeSeconds: {
    from: "maxAuthAge",
    none: undefined,
    read: ({ maxAuthAge }) => (maxAuthAge === undefined ? undefined : toMs(maxAuthAge) / 1000),
    isOfToken: true,
  },
  acrValues: names("acrValues"),
  requiresBinding: {
    from: "binding",
    none: false,
    read: ({ binding }) => binding === TokenBinding.REQUIRED,
    isOfToken: true,
  },
  renewable: {
    from: "stream",
    none: false,
    read: ({ stream }) => stream?.onExpiry === OnExpiry.RENEW,
    isOfToken: false,
  },
  streamMaxAgeMs: {
    from: "stream",
    none: undefined,
    read: ({ stream }) => (stream?.maxAge === undefined ? undefined : toMs(stream.maxAge)),
    isOfToken: false,
  },
} satisfies { readonly [Name in keyof PolicyFields]: PolicyField<Name> };

/** The fields of the proto that have no row above. A new one does not compile until it has a row there. */
const OTHER_FIELDS: Readonly<
  Record<Exclude<FieldOf<PolicyMessage>, (typeof FIELDS)[keyof PolicyFields]["from"]>, true>
> = { access: true, rule: true };
const STREAM_FIELDS: Readonly<Record<FieldOf<StreamPolicyMessage>, StreamField>> = {
  onExpiry: "renewable",
  maxAge: "streamMaxAgeMs",
};
const READ_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(OTHER_FIELDS),
  ...Object.values(FIELDS).map(({ from }) => from),
]);
const READ_STREAM_FIELDS: ReadonlySet<string> = new Set(Object.keys(STREAM_FIELDS));

/** The names of all fields. */
export const FIELD_NAMES = Object.keys(FIELDS) as readonly (keyof PolicyFields)[]; // as its type has them

type NameField = "scopes" | "anyScopes" | "roles" | "audiences" | "clientIds" | "acrValues";

/** A condition on the token that is a list of names: empty where it is not set. */
function names<From extends NameField>(from: From) {
  const none: readonly string[] = Object.freeze([]);
  const read = (message: PolicyMessage): readonly string[] => Object.freeze(message[from]);
  return { from, none, read, isOfToken: true } as const;
}

/** Check whether a policy sets a field that has no row here: then it means more than this version can enforce. */
export function hasUnreadConditions(message: PolicyMessage): boolean {
  const { stream } = message;
  return (
    hasUnreadFields(PolicySchema, message, READ_FIELDS) ||
    (stream !== undefined && hasUnreadFields(StreamPolicySchema, stream, READ_STREAM_FIELDS))
  );
}

function toMs(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
