const BEGIN = "<!-- Written by npm run bench:docs, down to the next comment: change nothing by hand. -->";
const END = "<!-- The end of what bench:docs writes. -->";

/**
 * Put what is made of figures into a document, between its two comments.
 *
 * @throws TypeError when they are not there
 */
export function replaceBetween(markdown: string, section: string): string {
  const begin = markdown.indexOf(BEGIN);
  const end = markdown.indexOf(END, begin);
  if (begin === -1 || end === -1) {
    throw new TypeError("the document has no place for the figures of a bench");
  }
  return `${markdown.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${markdown.slice(end)}`;
}
