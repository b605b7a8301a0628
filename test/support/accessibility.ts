import axe from "axe-core";
import type { Page } from "playwright-core";

const WIDTHS_PX = [1280, 390, 320] as const;
const SCHEMES = ["light", "dark"] as const;

/**
 * Check a page as it stands at the widths of a desktop and of two phones, light and dark.
 *
 * @returns a sentence for each rule of axe that is broken, and for each width that the page does not fit into
 */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  // Evaluated, not added: the page's content security policy takes no script of others.
  await page.evaluate(axe.source);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS_PX) {
      await page.setViewportSize({ width, height: 800 });
      const where = `${width} px, ${colorScheme}`;
      found.push(...(await inspect(page)).map((what) => `${where}: ${what}`));
    }
  }
  return found;
}

function inspect(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    // The chart takes the new width in a frame of its own.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { axe: here } = globalThis as unknown as { readonly axe: Pick<typeof axe, "run"> };
    const { violations } = await here.run();
    const { scrollWidth, clientWidth } = document.documentElement;
    const overflow = scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide`] : [];
    const broken = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    return [...overflow, ...broken];
  });
}
