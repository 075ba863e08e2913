import { expect, type Page } from '@playwright/test';
import { expectAccessible, test } from './watched.ts';

const SCREENS = [
  { name: 'board', path: '/', heading: /Inventory/ },
  { name: 'stage', path: '/contexts/inventory/route_writes', heading: /^Route writes/ },
  { name: 'stage not started', path: '/contexts/inventory/decommission', heading: /^Decommission/ },
  { name: 'consistency', path: '/consistency', heading: /rows|compared/i },
  { name: 'setup', path: '/setup', heading: /parts/ },
] as const;

for (const colorScheme of ['light', 'dark'] as const) {
  for (const { name, path, heading } of SCREENS) {
    test(`the ${name} screen is accessible and quiet in ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      await expectAccessible(page);
    });
  }
}

const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** Tables that are wider than the card they are in, unless that scrolls. */
const spilling = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('table')].flatMap((table) => {
      const place = table.parentElement;
      if (place === null || getComputedStyle(place).overflowX !== 'visible') return [];
      const over = table.getBoundingClientRect().right - place.getBoundingClientRect().right;
      return over > 1 ? [`${table.closest('section')?.textContent?.slice(0, 40)} by ${over} px`] : [];
    }),
  );

for (const { name, path } of SCREENS) {
  test(`the ${name} screen is never wider than its window`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const width of [360, 390, 640, 768, 1024, 1280, 1400, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      // Charts measure their place anew.
      await expect.poll(() => sideways(page), { message: `${path} at ${width}` }).toBeLessThanOrEqual(0);
      expect(await spilling(page), `${path} at ${width}`).toEqual([]);
    }
  });
}

test.describe('before the page is alive', () => {
  test.use({ expectedOnConsole: /ERR_FAILED/ });

  test('each chart has a skeleton of its size, and nothing is wider than the window', async ({ page }) => {
    await page.route(/\.js$/, (route) => route.abort());
    for (const width of [360, 1400]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.goto('/');
      const charts = page.getByRole('region', { name: /^KPIs of/ }).getByRole('figure');
      await expect(charts).toHaveCount(4);
      for (const chart of await charts.all()) {
        await expect(chart.locator('svg.shimmer')).toBeVisible();
        expect((await chart.boundingBox())?.height).toBeGreaterThanOrEqual(132);
      }
      expect(await sideways(page), `at ${width}`).toBeLessThanOrEqual(0);
    }
  });
});

test('setup tells what works from what is not set up, and its cards keep their distance', async ({ page }) => {
  await page.goto('/setup');
  const part = (name: string) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });
  await expect(part('store')).toContainText('Works');
  await expect(part('notify')).toContainText(/^Off/);
  await expect(part('notify')).toContainText('To switch it on:');
  const cards = page.locator('section.card', { has: page.getByRole('heading', { level: 2 }) });
  const boxes = await Promise.all((await cards.all()).map((card) => card.boundingBox()));
  const counted = await cards.filter({ hasText: 'Counted from Kafka' }).boundingBox();
  const above = boxes.flatMap((box) => (box !== null && counted !== null && box.y < counted.y ? [box] : []));
  expect(above.length).toBeGreaterThan(3);
  for (const box of above) expect((counted?.y ?? 0) - (box.y + box.height)).toBeGreaterThanOrEqual(12);
});
