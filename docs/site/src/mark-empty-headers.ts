/** The part of a token of markdown-it that is used here. */
interface Token {
  readonly type: string;
  readonly content: string;
  tag: string;
}

/** Make plain cells of the empty headers of tables: a reader of the screen would announce a header without a name. */
export function markEmptyHeaders(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const [content, end] = [tokens[index + 1], tokens[index + 2]];
    if (token.type === "th_open" && content?.content === "" && end?.type === "th_close") {
      token.tag = "td";
      end.tag = "td";
    }
  }
}
