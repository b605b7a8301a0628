import type { Fixed } from "./fixed.ts";

/** The tables of what the servers on one store have in common. */
export interface ClusterSchema {
  readonly leases: LeaseTable;
  readonly store_settings: StoreSettingTable;
  readonly address_tries: AddressAttemptTable;
}

/** What only one server does at a time, and which. */
export interface LeaseTable {
  name: Fixed<string>;
  holder: string;
  expires_at: number;
}

/** What all servers on the store have in common, by its name. */
export interface StoreSettingTable {
  name: Fixed<string>;
  value: string;
}

/** How much each address has tried of late, at all servers together. */
export interface AddressAttemptTable {
  /** A hash of the address. */
  address_key: Fixed<string>;
  /** When all its attempts will have grown back. */
  full_at: number;
}
