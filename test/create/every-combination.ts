import { BUILT_IN, type Choices, CLIENTS, SERVERS } from "../../server/create/src/choices.ts";
import { notEmpty } from "../support/not-empty.ts";

/** An issuer that is not built in. */
const ISSUER = "https://login.example.com";

const keysOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[]; // its keys

/** All projects that there are. */
export const COMBINATIONS: readonly Choices[] = notEmpty(
  keysOf(SERVERS).flatMap((server) =>
    keysOf(CLIENTS).flatMap((client) => [BUILT_IN, ISSUER].map((issuer) => ({ server, client, issuer }))),
  ),
);
