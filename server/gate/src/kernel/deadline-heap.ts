/** A call that is to come at some time. */
export interface Deadline {
  /** When, in milliseconds since 1970. The heap moves it. */
  atMs: number;
  /** Where it is in the heap; -1 when it is in none. It belongs to the heap. */
  place: number;
  /** What is called. */
  readonly run: () => void;
}

/** Deadlines in their order. What changes it costs as many steps as the number of deadlines has binary digits. */
export interface DeadlineHeap {
  /** The next one; undefined when there is none. */
  readonly first: Deadline | undefined;
  /** Take one in. */
  add(deadline: Deadline): void;
  /** Move one to another time. */
  move(deadline: Deadline, atMs: number): void;
  /** Let one go. It does nothing when it is not there. */
  remove(deadline: Deadline): void;
}

/** Create a binary heap. Each deadline knows its place, so that nothing is searched. */
export function createDeadlineHeap(): DeadlineHeap {
  const all: Deadline[] = [];

  function put(deadline: Deadline, place: number): void {
    all[place] = deadline;
    deadline.place = place;
  }

  /** Put a deadline where it belongs, from an empty place upwards. @returns whether it has left that place */
  function rise(deadline: Deadline, from: number): boolean {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = all[above];
      if (parent === undefined || parent.atMs <= deadline.atMs) {
        break;
      }
      put(parent, place);
      place = above;
    }
    put(deadline, place);
    return place !== from;
  }

  function sink(deadline: Deadline, from: number): void {
    let place = from;
    for (;;) {
      const left = all[2 * place + 1];
      const right = all[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.atMs < left.atMs ? right : left;
      if (child === undefined || child.atMs >= deadline.atMs) {
        break;
      }
      const below = child.place;
      put(child, place);
      place = below;
    }
    put(deadline, place);
  }

  function settle(deadline: Deadline, place: number): void {
    if (!rise(deadline, place)) {
      sink(deadline, place);
    }
  }

  return {
    get first() {
      return all[0];
    },
    add: (deadline) => void rise(deadline, all.length),
    move(deadline, atMs) {
      deadline.atMs = atMs;
      settle(deadline, deadline.place);
    },
    remove(deadline) {
      const { place } = deadline;
      const last = all.at(-1);
      if (place < 0 || last === undefined) {
        return;
      }
      all.pop();
      deadline.place = -1;
      if (last !== deadline) {
        settle(last, place);
      }
    },
  };
}
