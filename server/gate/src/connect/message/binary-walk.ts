import { elementsOf, type MessageLimits } from "../../kernel/message-limits.ts";
import type { FieldShape, MessageShape, WireForm } from "./message-shape.ts";

/** What is wrong with a message before it is read. */
export type MessageFault = "depth" | "elements" | "malformed";

/** The wire types by their number. The one that is missing here ends a group. */
const WIRE_FORMS: readonly (WireForm | undefined)[] = [
  "varint",
  "fixed64",
  "delimited",
  "group",
  undefined,
  "fixed32",
];
const END_GROUP = 4;
/** The largest tag: field number 2^29 - 1 and three bits of wire type. What reads messages keeps 32 bits of a tag. */
const MAX_TAG = 2 ** 32 - 1;
/** The most bytes of a varint: 64 bits, seven in each. */
const MAX_VARINT_BYTES = 10;
/** What a longer one is read as: no tag is so large, and no message so long. */
const NO_NUMBER = Number.POSITIVE_INFINITY;

/** How many packed numbers, or bytes of numbers of no fixed size, count as one element. */
const PACKED_TO_ONE = 8;
const PACKED_SIZES: Readonly<Partial<Record<WireForm, number>>> = { fixed32: 4, fixed64: 8 };

/**
 * Go through a message in binary without reading it: count its fields, and look at how deep they are in one another. Text
 * and bytes are passed over, so that a message of text takes nothing.
 *
 * It is stricter than what reads the message, which takes the value of a known field for what it should be: a field of
 * another wire type, and one that reaches beyond its message, are malformed.
 *
 * @returns what is wrong; undefined: nothing, or what reading it finds out as soon
 */
export function walkBinary(
  bytes: Uint8Array,
  shape: MessageShape,
  limits: MessageLimits,
): MessageFault | undefined {
  const { maxDepth } = limits;
  const maxElements = elementsOf(limits, { isBinary: true, bytes: bytes.length });
  const walk = new BinaryWalk(bytes, shape);
  while (!walk.isDone) {
    const fault = walk.step();
    if (fault !== undefined) {
      return fault;
    }
    if (walk.elements > maxElements) {
      return "elements";
    }
    if (walk.depth > maxDepth) {
      return "depth";
    }
  }
  return undefined;
}

/** A message or group that is being gone through. */
interface Level {
  /** Undefined: nothing is known of it. */
  readonly shape: MessageShape | undefined;
  readonly end: number;
  readonly isGroup: boolean;
}

/** Where a walk is. A class: it is real state, and one is made for every message. */
class BinaryWalk {
  elements = 0;
  readonly #bytes: Uint8Array;
  readonly #levels: Level[] = [];
  #level: Level;
  #at = 0;

  constructor(bytes: Uint8Array, shape: MessageShape) {
    this.#bytes = bytes;
    this.#level = { shape, end: bytes.length, isGroup: false };
  }

  get depth(): number {
    return this.#levels.length + 1;
  }

  get isDone(): boolean {
    return this.#levels.length === 0 && this.#at >= this.#level.end;
  }

  /** Go past one field, or into it. */
  step(): MessageFault | undefined {
    if (this.#at >= this.#level.end) {
      return this.#leave();
    }
    const tag = this.#readVarint();
    if (tag > MAX_TAG) {
      return "malformed";
    }
    const wireType = tag % 8;
    if (wireType === END_GROUP) {
      return this.#level.isGroup ? this.#leaveGroup() : "malformed";
    }
    this.elements += 1;
    const form = WIRE_FORMS[wireType];
    const field = this.#level.shape?.get(Math.floor(tag / 8));
    if (form === undefined) {
      return "malformed";
    }
    if (field === undefined) {
      return this.#pass(form, undefined);
    }
    if (form === "delimited" && field.canBePacked) {
      return this.#passPacked(field);
    }
    return form === field.form ? this.#pass(form, field.inner?.()) : "malformed";
  }

  #leave(): MessageFault | undefined {
    const outer = this.#levels.pop();
    if (outer === undefined || this.#level.isGroup) {
      return "malformed";
    }
    this.#level = outer;
    return undefined;
  }

  #leaveGroup(): undefined {
    this.#level = this.#levels.pop() ?? this.#level;
  }

  /** @param inner what is in it, when it is gone into */
  #pass(form: WireForm, inner: MessageShape | undefined): MessageFault | undefined {
    if (form === "group") {
      this.#enter({ shape: inner, end: this.#level.end, isGroup: true });
      return undefined;
    }
    if (form === "varint") {
      if (this.#readVarint() === NO_NUMBER) {
        return "malformed";
      }
    } else {
      const length = PACKED_SIZES[form] ?? this.#readVarint();
      if (inner !== undefined && this.#at + length <= this.#level.end) {
        this.#enter({ shape: inner, end: this.#at + length, isGroup: false });
        return undefined;
      }
      this.#at += length;
    }
    return this.#at > this.#level.end ? "malformed" : undefined;
  }

  #passPacked({ form }: FieldShape): MessageFault | undefined {
    const start = this.#at;
    const fault = this.#pass("delimited", undefined);
    this.elements += Math.floor((this.#at - start) / (PACKED_SIZES[form] ?? 1) / PACKED_TO_ONE);
    return fault;
  }

  #enter(level: Level): void {
    this.#levels.push(this.#level);
    this.#level = level;
  }

  /** Beyond the end of the bytes it is 0, and the next step finds out. */
  #readVarint(): number {
    let value = 0;
    let unit = 1;
    for (let read = 0; read < MAX_VARINT_BYTES; read += 1) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte % 0x80) * unit;
      if (byte < 0x80) {
        return value;
      }
      unit *= 0x80;
    }
    return NO_NUMBER;
  }
}
