import * as v from "valibot";
import { parseDuration } from "../duration.ts";
import { flag, name, names, objectOf, option, recordOf } from "./schema-parts.ts";

/** How long something goes on: a duration that is not nothing, in milliseconds. */
const lifetime = v.pipe(
  name,
  v.transform(parseDuration),
  v.number("must be a duration such as 30m or 8h"),
  v.minValue(1, "must be a duration that is not nothing"),
);

/** What tokens of an issuer can be exchanged for. */
export const exchange = objectOf({
  subject: option(name, "The claim that identifies its subjects. Default: sub."),
  scopes: option(
    v.array(name, "must be a list of texts"),
    "What every subject can be granted. Default: nothing.",
  ),
  roles: option(
    recordOf(v.array(name, "must be a list of texts")),
    "Your roles, by the issuer's. Default: none.",
  ),
  require: option(
    recordOf(v.string("must be text")),
    "Claims that a token must have, with exactly this text. Default: none.",
  ),
  audiences: option(
    names,
    "Whom a token to be exchanged must be for. Default: as for calls, and this server's issuer.",
  ),
  types: option(names, "Header typ of tokens to be exchanged. Default: as for calls."),
  untyped: option(flag, "Whether header typ may be missing. Default: as for calls."),
  acr: option(recordOf(name), "Your values of claim acr, by the issuer's. Default: none is taken over."),
  amr: option(
    v.array(name, "must be a list of texts"),
    "The methods of claim amr that are taken over. Default: none.",
  ),
  refresh: option(
    lifetime,
    "How long a session goes on without a new token of the issuer, such as 8h. Default: not at all.",
  ),
});

/** What tokens of an issuer can be exchanged for, as the file says. */
export type ExchangeSettings = v.InferOutput<typeof exchange>;
