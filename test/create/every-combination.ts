import { BUILT_IN, type Choices, CLIENTS, findObstacle, SERVERS } from "../../server/create/src/choices.ts";
import { notEmpty } from "../support/not-empty.ts";

/** An issuer that is not built in. */
const ISSUER = "https://login.example.com";

const keysOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[]; // its keys

const PRODUCT: readonly Choices[] = keysOf(SERVERS).flatMap((server) =>
  keysOf(CLIENTS).flatMap((client) => [BUILT_IN, ISSUER].map((issuer) => ({ server, client, issuer }))),
);

/** All projects that there are. */
export const COMBINATIONS: readonly Choices[] = notEmpty(
  PRODUCT.filter((choices) => findObstacle(choices) === undefined),
);
