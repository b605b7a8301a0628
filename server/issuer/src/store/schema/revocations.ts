import type { Generated } from "kysely";
import type { Fixed } from "./fixed.ts";

/** The tables of what is revoked, and of how long that matters. */
export interface RevocationSchema {
  readonly revocations: RevocationTable;
  readonly access_lives: AccessLifeTable;
}

/** What was revoked, in the order of the commits. */
export interface RevocationTable {
  id: Generated<number>;
  /** `sid`, `sub`, `jti`, `client_id` or `kid`. */
  dimension: Fixed<string>;
  value: Fixed<string>;
  /** Tokens that were issued later are good; null: none is. */
  issued_before: Fixed<number | null>;
  revoked_at: Fixed<number>;
  reason: Fixed<string>;
  /** When no token that it is about can be valid any more; null: a server of before has written it. */
  expires_at: Fixed<number | null>;
  /** Whose tokens: claim `iss`; empty: those of the issuer that the store belongs to; null: those of every issuer. */
  issuer: Fixed<string | null>;
  /** What the tokens say otherwise by now, as JSON; null: they are revoked. */
  changed_claims: Fixed<string | null>;
}

/** How long the access tokens last that servers on the store grant or accept. */
export interface AccessLifeTable {
  life_ms: Fixed<number>;
  /** Until when a server may grant such. */
  granted_until: number;
}
