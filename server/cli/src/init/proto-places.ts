/** A word, a text in quotes or a sign of a proto. */
interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where what rules are written to stands in a proto. */
export interface ProtoPlaces {
  /** Behind the last import; without one behind the package, or else the syntax. */
  readonly imports: number;
  readonly hasImports: boolean;
  /** The methods, by the name of their service and their own, as `NotesService/Get`. */
  readonly methods: ReadonlyMap<string, MethodPlace>;
}

/** Where a method stands. */
export interface MethodPlace {
  readonly start: number;
  /** Behind the types: the place of `;`, or of the brace that opens the body. */
  readonly tail: number;
  /** The brace that closes the body. Undefined: it has none. */
  readonly close: number | undefined;
  /** Behind the `;` or the brace that ends it. */
  readonly end: number;
}

/**
 * Find the places in a proto that compiles. They are read from the text: the columns that compilers give are counted by each
 * of them in another way, where a line has tabs or letters of other alphabets.
 */
export function findProtoPlaces(text: string): ProtoPlaces {
  const tokens = tokenize(text);
  let head = 0;
  let hasImports = false;
  const methods = new Map<string, MethodPlace>();
  for (let at = 0; at < tokens.length; at = endOfStatement(tokens, at)) {
    const word = tokens[at]?.text;
    const end = endOfStatement(tokens, at);
    if (word === "import" || (!hasImports && isHead(word))) {
      head = tokens[end - 1]?.end ?? 0;
      hasImports ||= word === "import";
    }
    if (word === "service") {
      readMethods(tokens.slice(at, end), methods);
    }
  }
  const comment = /^[ \t]*\/\/[^\n]*/.exec(text.slice(head))?.[0] ?? "";
  return { imports: head + comment.length, hasImports, methods };
}

const isHead = (word: string | undefined): boolean => ["syntax", "edition", "package"].includes(word ?? "");

/** Read the methods of `service NAME { … }`. */
function readMethods(tokens: readonly Token[], methods: Map<string, MethodPlace>): void {
  const service = tokens[1]?.text ?? "";
  for (let at = 3; at < tokens.length; at = endOfStatement(tokens, at)) {
    const [keyword, name] = tokens.slice(at, at + 2);
    const method = tokens.slice(at, endOfStatement(tokens, at));
    const tail = method.find(({ text }) => text === ";" || text === "{");
    if (keyword?.text === "rpc" && name !== undefined && tail !== undefined) {
      const close = tail.text === "{" ? method.findLast(({ text }) => text === "}")?.start : undefined;
      const end = method.at(-1)?.end ?? tail.end;
      methods.set(`${service}/${name.text}`, { start: keyword.start, tail: tail.start, close, end });
    }
  }
}

/** Find the token behind a statement: it ends with `;` or with the brace that closes what it has opened. */
function endOfStatement(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const text = tokens[at]?.text;
    depth += text === "{" ? 1 : text === "}" ? -1 : 0;
    // The value of an option may be in braces, and ends with `;` nevertheless.
    if (depth <= 0 && (text === ";" || (text === "}" && tokens[at + 1]?.text !== ";"))) {
      return at + 1;
    }
  }
  return tokens.length;
}

function tokenize(text: string): readonly Token[] {
  const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w.]+|\S/g;
  return [...text.matchAll(tokens)]
    .filter(([token]) => !/^\/[/*]/.test(token))
    .map(({ 0: token, index }) => ({ text: token, start: index, end: index + token.length }));
}
