import { expect, type Page } from '@playwright/test';
import { test } from './watched.ts';

/** Charts are drawn in the browser only: once they are there, the page answers keys and clicks. */
async function openBoard(page: Page): Promise<void> {
  await page.goto('/');
  await expect(page.locator('.recharts-area-curve').first()).toBeVisible();
}

test('the board is live: four KPIs with their limits, and a time that moves on', async ({ page }) => {
  await openBoard(page);
  const cards = page.getByRole('region', { name: /^KPIs of/ }).getByRole('article');
  await expect(cards).toHaveCount(4);
  for (const title of ['Read latency, p99', 'CDC lag, p99', 'Saga success', 'Error rate']) {
    await expect(page.getByRole('heading', { level: 3, name: title })).toBeVisible();
  }
  const asOf = async () => /As of (\S+) UTC/.exec((await page.getByText(/^As of/).textContent()) ?? '')?.[1];
  const before = await asOf();
  expect(before).toMatch(/^\d\d:\d\d:\d\d$/);
  await expect.poll(asOf, { timeout: 30_000 }).not.toBe(before);
});

test('a KPI can be read as a table', async ({ page }) => {
  await openBoard(page);
  await page.getByRole('button', { name: 'View Saga success as table' }).click();
  await expect(page.getByRole('region', { name: 'Saga success as a table' }).getByRole('row').nth(1)).toBeVisible();
});

test('the gate is a command that runs as it is copied', async ({ page, baseURL }) => {
  await openBoard(page);
  const origin = new URL(baseURL ?? '').origin;
  const command = page.locator('code', { hasText: 'banyan' });
  await expect(command).toHaveText(`npm run -s banyan -- gate inventory/route_writes --url ${origin}`);
});

test('what is waived is counted apart from what passes', async ({ page, request }) => {
  const { contexts } = await (await request.get('/api/v1/contexts')).json();
  const stages: { verdict: string; phase: string }[] = contexts[0].stages;
  const waived = stages.filter(({ verdict, phase }) => verdict === 'waived' && phase !== 'not_started').length;
  expect(waived).toBeGreaterThan(0);
  await openBoard(page);
  await page.getByRole('button', { name: `Waived ${waived}` }).click();
  await expect(page).toHaveURL(/show=waived/);
  await expect(page.locator('[data-row]')).toHaveCount(waived);
  await expect(page.getByRole('row', { name: /Preparation/ })).toContainText('0/2');
});

test('the range stays in the URL and on the way to a stage', async ({ page }) => {
  await openBoard(page);
  await page.getByLabel('Time range').selectOption('6h');
  await expect(page).toHaveURL(/range=6h/);
  await page.getByRole('link', { name: 'Sync data' }).first().click();
  await expect(page).toHaveURL(/\/contexts\/inventory\/sync_data\?.*range=6h/);
  await expect(page.getByLabel('Time range')).toHaveValue('6h');
});

test('keys walk the rows, open one, find a page and show themselves', async ({ page }) => {
  await openBoard(page);
  const rows = page.locator('[data-row]');
  await expect(rows).toHaveCount(6);
  await page.keyboard.press('j');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/contexts\/inventory\/preparation/);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  const palette = page.getByPlaceholder('Stage, table or page');
  await expect(async () => {
    if (!(await palette.isVisible())) await page.keyboard.press('Control+k');
    await expect(palette).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await palette.fill('consist');
  await expect(page.getByRole('option', { name: /Consistency/ }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/consistency/);
});

test('the theme can be switched and is kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/setup');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(async () => {
    await page.getByRole('button', { name: 'Switch between light and dark' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark', { timeout: 500 });
  }).toPass();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
