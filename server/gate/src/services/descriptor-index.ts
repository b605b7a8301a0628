import type { DescEnum, DescExtension, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";

/** Finds the files that declare things. */
export interface DescriptorIndex {
  /** The file of this name, such as `google/protobuf/empty.proto`. */
  fileByName(name: string): DescFile | undefined;
  /** The file that declares a message, enum, service, extension, method, field, oneof or enum value, by its full name. */
  fileBySymbol(symbol: string): DescFile | undefined;
  /** The extensions of a message, by their number; `undefined` when there is no such message. */
  extensionsOf(typeName: string): ReadonlyMap<number, DescFile> | undefined;
}

/** Index the files of these services, and all that they import. */
export function createDescriptorIndex(services: readonly DescService[]): DescriptorIndex {
  const files = new Set<DescFile>();
  for (const { file } of services) {
    addWithImports(file, files);
  }

  const byName = new Map([...files].map((file) => [file.proto.name, file]));
  const bySymbol = new Map<string, DescFile>();
  const messages = new Set<string>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of files) {
    for (const symbol of symbolsOfFile(file)) {
      bySymbol.set(symbol, file);
    }
    for (const message of withNested(file.messages)) {
      messages.add(message.typeName);
    }
    for (const extension of extensionsOfFile(file)) {
      const known = extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(extension.extendee.typeName, known.set(extension.number, file));
    }
  }
  return {
    fileByName: (name) => byName.get(name),
    fileBySymbol: (symbol) => bySymbol.get(symbol.replace(/^\./, "")),
    extensionsOf: (typeName) => extensions.get(typeName) ?? (messages.has(typeName) ? new Map() : undefined),
  };
}

function addWithImports(file: DescFile, files: Set<DescFile>): void {
  if (files.has(file)) {
    return;
  }
  files.add(file);
  for (const imported of file.dependencies) {
    addWithImports(imported, files);
  }
}

function symbolsOfFile(file: DescFile): readonly string[] {
  return [
    ...withNested(file.messages).flatMap(symbolsOfMessage),
    ...file.enums.flatMap(symbolsOfEnum),
    ...extensionsOfFile(file).map((extension) => extension.typeName),
    ...file.services.flatMap((service) => [
      service.typeName,
      ...service.methods.map((method) => `${service.typeName}.${method.name}`),
    ]),
  ];
}

function symbolsOfMessage(message: DescMessage): readonly string[] {
  return [
    message.typeName,
    ...message.fields.map((field) => `${message.typeName}.${field.name}`),
    ...message.oneofs.map((oneof) => `${message.typeName}.${oneof.name}`),
    ...message.nestedEnums.flatMap(symbolsOfEnum),
  ];
}

/** Values live in the scope around their enum, as in C++. */
function symbolsOfEnum({ typeName, name, values }: DescEnum): readonly string[] {
  const scope = typeName.slice(0, -name.length);
  return [typeName, ...values.map((value) => scope + value.name)];
}

function extensionsOfFile(file: DescFile): readonly DescExtension[] {
  return [...file.extensions, ...withNested(file.messages).flatMap((message) => message.nestedExtensions)];
}

function withNested(messages: readonly DescMessage[]): readonly DescMessage[] {
  return messages.flatMap((message) => [message, ...withNested(message.nestedMessages)]);
}
