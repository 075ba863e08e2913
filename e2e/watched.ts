import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

/** Tests whose page must not say a word on its console, nor break the content security policy. */
export const test = base.extend<{ expectedOnConsole: RegExp | null; quiet: undefined }>({
  /** What the browser itself writes there when a page asks for something that need not be there. */
  expectedOnConsole: [null, { option: true }],
  quiet: [
    async ({ page, expectedOnConsole }, use) => {
      const said: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
      });
      page.on('pageerror', (error) => said.push(error.message));
      await use(undefined);
      const unexpected = said.filter((text) => expectedOnConsole?.test(text) !== true);
      expect(unexpected, 'the console stays silent').toEqual([]);
    },
    { auto: true },
  ],
});

/** No violation of WCAG 2.2 A or AA, nor of axe's good practice. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  expect(found).toEqual([]);
}
