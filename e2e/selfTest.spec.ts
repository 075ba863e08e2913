import { expect } from '@playwright/test';
import { expectAccessible, test } from './watched.ts';

const ROUND_WITHIN_MS = 120_000;
const API = '/api/v1/contexts/inventory/self-tests';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a round is asked for and measured while one looks, in ${colorScheme}`, async ({ page, request }) => {
    test.setTimeout(ROUND_WITHIN_MS * 3);
    await page.emulateMedia({ colorScheme });
    await page.goto('/consistency');
    const card = page.getByRole('region', { name: 'Self-test of inventory' });
    const runNow = card.getByRole('button', { name: 'Run now' });
    // The demo asks for a round of its own when it begins.
    await expect(runNow).toBeEnabled({ timeout: ROUND_WITHIN_MS });
    const before: { rounds: unknown[] } = await (await request.get(API)).json();
    await runNow.click();
    await expect(card.getByRole('button', { name: 'Running…' })).toBeVisible();
    await expect(runNow).toBeEnabled({ timeout: ROUND_WITHIN_MS });
    const after: { rounds: { state: string; tally: { found: number; planted: number } }[] } = await (
      await request.get(API)
    ).json();
    expect(after.rounds.length).toBe(before.rounds.length + 1);
    expect(after.rounds[0]).toMatchObject({ state: 'measured', tally: { found: 6, planted: 6 } });
    await expect(card.getByText('6 of 6', { exact: false }).first()).toBeVisible();
    await expect(card.getByText(/6 of 6 canaries found, p99 [\d.]+ m?s/).first()).toBeVisible();
    await card.getByText('What was done to which row').click();
    await expect(card.getByText(/found after/)).toHaveCount(6);
    await expectAccessible(page);
  });
}

test('canaries are in no list, and the certificate is one link away', async ({ page, request }) => {
  const { rounds } = await (await request.get(API)).json();
  const keys: string[] = rounds[0].canaries.map(({ key }: { key: string }) => key);
  const listed: { key: string }[] = await (
    await request.get('/api/v1/contexts/inventory/tables/inventory/divergences?limit=1000')
  ).json();
  expect(listed.filter(({ key }) => keys.includes(key))).toEqual([]);
  await page.goto('/consistency');
  await page.getByRole('link', { name: 'Show the certificate' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Certificate of inventory');
  await expect(page.getByRole('heading', { name: 'Certificate', exact: true })).toBeVisible();
  await expectAccessible(page);
});

test('only the consent of the configuration and its own pages make rows wrong', async ({ request }) => {
  const foreign = { data: {}, headers: { origin: 'http://evil.example' } };
  expect((await request.post(API, foreign)).status()).toBe(403);
  expect((await request.post(API, { data: { keys: ['1'] } })).status()).toBe(400);
  expect((await request.get('/api/v1/contexts/orders/self-tests')).status()).toBe(404);
});
