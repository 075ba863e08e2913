import { expect } from '@playwright/test';
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

test('a phone shows the board without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const { path } of SCREENS) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, path).toBeLessThanOrEqual(0);
  }
});
