import { expect } from '@playwright/test';
import { test } from './watched.ts';

test('a new attempt says what it does, asks why and keeps the reason', async ({ page }) => {
  await page.goto('/contexts/inventory/route_reads');
  const reason = `browser test ${Date.now()}`;
  const dialog = page.getByRole('dialog', { name: 'New attempt at Route reads' });
  await expect(async () => {
    await page.getByRole('button', { name: 'New attempt…' }).click();
    await expect(dialog).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(dialog).toContainText('no evidence in it');
  const confirm = dialog.getByRole('button', { name: 'Open a new attempt' });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel('Reason, for the audit log').fill(reason);
  await confirm.click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('cell', { name: reason })).toBeVisible({ timeout: 30_000 });
});

test('a move names what becomes of the stages, and Escape leaves all as it was', async ({ page, request }) => {
  const current = async () => (await (await request.get('/api/v1/contexts')).json()).contexts[0].current;
  const before = await current();
  await page.goto('/contexts/inventory/decommission');
  const dialog = page.getByRole('dialog', { name: 'Move Inventory to Decommission' });
  await expect(async () => {
    await page.getByRole('button', { name: 'Make this the current stage…' }).click();
    await expect(dialog).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(dialog).toContainText('Decommission becomes the current stage and begins a new attempt');
  await expect(dialog).toContainText('Every stage before it is done and goes on being evaluated.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  expect(await current()).toBe(before);
});
