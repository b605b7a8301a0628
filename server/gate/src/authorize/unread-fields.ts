import { type DescMessage, isFieldSet, type Message, type MessageShape } from "@bufbuild/protobuf";

/** The fields of a message, by their names in generated code. */
export type FieldOf<M extends Message> = Exclude<keyof M, keyof Message>;

/**
 * Check whether a message sets a field that nothing reads: one that the generated code does not know, or one that it
 * knows because it is newer than what reads it. A condition that is not read must not be passed over.
 *
 * @param read the fields that are read, by their names in generated code
 */
export function hasUnreadFields<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  read: ReadonlySet<string>,
): boolean {
  const hasUnknown = message.$unknown !== undefined && message.$unknown.length > 0;
  return (
    hasUnknown || schema.fields.some((field) => !read.has(field.localName) && isFieldSet(message, field))
  );
}
