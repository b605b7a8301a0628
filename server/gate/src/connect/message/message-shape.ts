import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** How the value of a field stands in binary. */
export type WireForm = "varint" | "fixed64" | "delimited" | "group" | "fixed32";

/** What must be known of a field to go through its values without reading them. */
export interface FieldShape {
  readonly form: WireForm;
  /** Whether it is a list of numbers, which may stand behind one another without their field. */
  readonly canBePacked: boolean;
  /** The message that it holds, or the entry of a map; undefined: it holds none. */
  readonly inner: (() => MessageShape) | undefined;
}

/** The fields of a message by their number. */
export type MessageShape = ReadonlyMap<number, FieldShape>;

const shapes = new WeakMap<DescMessage, MessageShape>();

/** Find the shape of a message. Messages may hold their own type: the shape of what is inside is made when it is met. */
export function shapeOf(desc: DescMessage): MessageShape {
  const shape = shapes.get(desc) ?? new Map(desc.fields.map((field) => [field.number, toFieldShape(field)]));
  shapes.set(desc, shape);
  return shape;
}

function toFieldShape(field: DescField): FieldShape {
  if (field.fieldKind === "map") {
    const { mapKey, mapKind, message } = field;
    const entry: MessageShape = new Map([
      [1, toScalarShape(mapKey)],
      [2, mapKind === "message" ? toMessageShape(message, false) : toScalarShape(field.scalar)],
    ]);
    return { form: "delimited", canBePacked: false, inner: () => entry };
  }
  if (field.message !== undefined) {
    return toMessageShape(field.message, field.delimitedEncoding);
  }
  const shape = toScalarShape(field.scalar);
  return field.fieldKind === "list" ? { ...shape, canBePacked: shape.form !== "delimited" } : shape;
}

function toMessageShape(message: DescMessage, isGroup: boolean): FieldShape {
  return { form: isGroup ? "group" : "delimited", canBePacked: false, inner: () => shapeOf(message) };
}

/** @param scalar undefined: it is an enum */
function toScalarShape(scalar: ScalarType | undefined): FieldShape {
  return {
    form: (scalar === undefined ? undefined : FORMS[scalar]) ?? "varint",
    canBePacked: false,
    inner: undefined,
  };
}

/** All others are varints. */
const FORMS: Readonly<Partial<Record<ScalarType, WireForm>>> = {
  [ScalarType.STRING]: "delimited",
  [ScalarType.BYTES]: "delimited",
  [ScalarType.DOUBLE]: "fixed64",
  [ScalarType.FIXED64]: "fixed64",
  [ScalarType.SFIXED64]: "fixed64",
  [ScalarType.FLOAT]: "fixed32",
  [ScalarType.FIXED32]: "fixed32",
  [ScalarType.SFIXED32]: "fixed32",
};
