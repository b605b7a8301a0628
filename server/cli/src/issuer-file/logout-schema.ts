import type { IssuerOptions } from "@countersign/server";
import * as v from "valibot";
import { flag, type Members, names, objectOf, option } from "./schema-parts.ts";

type MemberNames = Record<keyof Required<NonNullable<IssuerOptions["logout"]>>, Members[string]>;

const members = {
  audiences: v.pipe(names, v.description("The clients that it sends logouts for, by their client_id.")),
  match: option(
    v.picklist(["session", "subject"], "must be session or subject"),
    "Which tokens a logout ends: those with its sid or none, or all of its subject. Default: session, with a warning.",
  ),
  types: option(names, "The accepted values of header typ of logout tokens. Default: logout+jwt."),
  allowMissingType: option(flag, "Take logout tokens without header typ. Default: false."),
  allowMissingExpiry: option(flag, "Take logout tokens without claim exp. Default: false."),
  maxAgeSeconds: option(
    v.pipe(v.number("must be a number of seconds"), v.gtValue(0, "must be more than 0")),
    "How long after it was issued a logout token is taken, in seconds. Default: 600.",
  ),
} satisfies MemberNames;

/** The logouts that an issuer sends to /backchannel-logout. */
export const logout = objectOf(members);
