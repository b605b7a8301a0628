/**
 * What is remembered of an address when it comes: that it was `served` in the last round; that it is `returning`, as one that
 * gave way or was served before that; or nothing, as it is `new`.
 */
export type StandingKind = "served" | "returning" | "new";

/** How an address stands beside others that hold as many places. All that waits of it has the same one. */
export interface Standing {
  readonly kind: StandingKind;
  /** Since when it counts as waiting, in items that were served: since it came first, or a round after its last service. */
  readonly since: number;
}

/** Remembers since when addresses wait. */
export interface Standings {
  /** Find how an address stands of which nothing waits. */
  find(address: string): Standing;
  /** Record that an address was served: all that waits of it stands behind others then. */
  recordService(address: string, standing: Standing): void;
  /** Record that an address gave way: until it is served, it keeps the time since which it waits. */
  recordRefusal(address: string, standing: Standing): void;
}

/**
 * How many addresses are remembered of each kind, some 130 bytes each, and at least half of them for certain. More than are
 * refused in a second of a flood: an address that is told to wait for a second finds its time remembered.
 */
const MAX_ADDRESSES = 20_000;

/**
 * Create a memory of who was served, and of who had to give way. What fills the one pushes nothing out of the other.
 *
 * @param round for how many services an address that was served comes behind others
 */
export function createStandings(round: number): Standings {
  const served = createRecent<MutableStanding>();
  const refused = createRecent<MutableStanding>();
  let services = 0;
  return {
    find(address) {
      const standing = served.find(address);
      if (standing !== undefined && standing.since > services) {
        return standing;
      }
      const kind = standing === undefined ? "new" : "returning";
      return refused.find(address) ?? { kind, since: services };
    },
    recordService(address, standing) {
      services += 1;
      refused.delete(address);
      served.add(address, Object.assign(standing, { kind: "served", since: services + round }));
    },
    recordRefusal(address, standing) {
      if (standing.kind !== "served") {
        refused.add(address, Object.assign(standing, { kind: "returning" }));
      }
    },
  };
}

type MutableStanding = { -readonly [Key in keyof Standing]: Standing[Key] };

/** Remember what was added last, in two halves: in one map, a walk past what was deleted leads to the oldest. */
function createRecent<T>() {
  let newer = new Map<string, T>();
  let older = newer;
  return {
    find: (key: string): T | undefined => newer.get(key) ?? older.get(key),
    delete(key: string): void {
      newer.delete(key);
      older.delete(key);
    },
    add(key: string, value: T): void {
      newer.set(key, value);
      if (newer.size >= MAX_ADDRESSES / 2) {
        older = newer;
        newer = new Map();
      }
    },
  };
}
