import type { ColumnType, Generated } from "kysely";

type Fixed<T> = ColumnType<T, T, never>;

/** The tables by which the servers on one store learn of each other. */
export interface ClusterSchema {
  readonly revocations: RevocationTable;
  readonly leases: LeaseTable;
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
}

/** What only one server does at a time, and which. */
export interface LeaseTable {
  name: Fixed<string>;
  holder: string;
  expires_at: number;
}
