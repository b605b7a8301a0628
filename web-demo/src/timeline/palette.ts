/** The colours of the chart, as CSS writes them. */
export interface Palette {
  readonly stream: string;
  readonly message: string;
  readonly token: string;
  readonly tokenEdge: string;
  readonly renewal: string;
  readonly ground: string;
  readonly loss: string;
  readonly lossWash: string;
  readonly axis: string;
  readonly font: string;
}

const PROPERTIES = {
  stream: "--note-ink",
  message: "--note-message",
  token: "--note-token",
  tokenEdge: "--note-token-edge",
  renewal: "--brass",
  ground: "--note",
  loss: "--note-loss",
  lossWash: "--note-loss-wash",
  axis: "--note-soft",
  font: "--font-mono",
} satisfies Record<keyof Palette, string>;

/** Read the page's colours, which differ between light and dark. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: keyof Palette): string => style.getPropertyValue(PROPERTIES[name]).trim();
  return {
    stream: read("stream"),
    message: read("message"),
    token: read("token"),
    tokenEdge: read("tokenEdge"),
    renewal: read("renewal"),
    ground: read("ground"),
    loss: read("loss"),
    lossWash: read("lossWash"),
    axis: read("axis"),
    font: read("font"),
  };
}
