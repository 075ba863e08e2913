import { type APIRequestContext, type APIResponse, expect, type Page } from '@playwright/test';
import { expectAccessible, test } from './watched.ts';

/** A fault is found by the next pass, and a pass waits for capture and applier. */
const FOUND_WITHIN_MS = 90_000;
const API = '/api/v1/contexts/inventory/tables/inventory';

let wrong: string[] = [];

/** The demo's own switches, at the address that the set-up has left. */
function control(request: APIRequestContext, path: string, data?: object) {
  const base = process.env.BANYAN_CONTROL_URL;
  if (base === undefined) throw new Error('set BANYAN_CONTROL_URL to the control address that the demo prints');
  return request.post(`${base}${path}`, data === undefined ? {} : { data });
}

async function divergedKeys(request: APIRequestContext): Promise<string[]> {
  const rows: { key: string }[] = await (await request.get(`${API}/divergences?state=DIVERGED&limit=1000`)).json();
  return rows.map(({ key }) => key);
}

/** The page once it has refreshed itself: it answers keys and clicks from then on. */
async function openConsistency(page: Page, path = '/consistency'): Promise<void> {
  const alive = page.waitForResponse((response) => response.url().includes('/api/v1/consistency'));
  await page.goto(path);
  await alive;
}

test.describe
  .serial('rows that were written behind the applier', () => {
    test.beforeAll(async ({ request }) => {
      test.setTimeout(FOUND_WITHIN_MS * 2);
      const answer = await control(request, '/faults/rogue-write', { on: true });
      wrong = (await answer.json()).wrongItems.map(String);
      expect(wrong.length).toBeGreaterThan(0);
      await expect
        .poll(() => divergedKeys(request), { timeout: FOUND_WITHIN_MS })
        .toEqual(expect.arrayContaining(wrong));
    });

    test.afterAll(async ({ request }) => {
      test.setTimeout(FOUND_WITHIN_MS * 2);
      await control(request, '/faults/rogue-write', { on: false });
      await control(request, '/repair');
      await expect
        .poll(async () => (await divergedKeys(request)).filter((key) => wrong.includes(key)), {
          timeout: FOUND_WITHIN_MS,
        })
        .toEqual([]);
    });

    test('are counted, told in one sentence and grouped as one cause', async ({ page }) => {
      await openConsistency(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(/differs?, and .* proved$/);
      const tile = page.getByRole('group', { name: 'Rows by state' }).getByRole('button', { name: /different$/ });
      await expect(tile).toHaveText(/^[^0]*[1-9]/);
      await page.getByRole('button', { name: /^By cause/ }).click();
      await expect(page).toHaveURL(/by=cause/);
      await page
        .getByRole('button', { name: /^quantity \+5/ })
        .first()
        .click();
      await expect(page).toHaveURL(/cause=/);
      for (const key of wrong) await expect(page.getByRole('button', { name: key, exact: true })).toBeVisible();
      const repair = page.getByRole('button', { name: /^Repair SQL: .*verify inventory --repair-sql/ });
      await expect(repair).toBeVisible();
    });

    test('a link opens the exact row, masked, with the event and the leg', async ({ page }) => {
      const [key = ''] = wrong;
      await openConsistency(page, `/consistency?table=inventory&key=${key}`);
      const row = page.getByRole('region', { name: `Row ${key} of inventory/inventory` });
      await expect(row.getByRole('row', { name: /^quantity/ })).toContainText('≠');
      await expect(row.getByText('First seen')).toBeVisible();
      await expect(row.getByRole('row', { name: /^quantity/ })).toContainText('masked number');
      await expect(page.getByRole('cell', { name: 'rogue write' }).first()).toBeVisible();
      await expectAccessible(page);
    });

    test('values are shown on a click and hidden by the next', async ({ page }) => {
      const [key = ''] = wrong;
      await openConsistency(page, `/consistency?table=inventory&key=${key}`);
      const quantity = page.getByRole('row', { name: /^quantity/ });
      await page.getByRole('button', { name: 'Show values' }).click();
      await expect(quantity).not.toContainText('masked');
      await expect(quantity).toContainText('+5');
      const [source, target] = await Promise.all([1, 2].map((i) => quantity.getByRole('cell').nth(i).innerText()));
      expect(Number(target) - Number(source)).toBe(5);
      await page.getByRole('button', { name: 'Hide values' }).click();
      await expect(quantity).toContainText('masked');
    });

    test('the worker rechecks a row on demand and the page says what it found', async ({ page }) => {
      const [key = ''] = wrong;
      await openConsistency(page, `/consistency?table=inventory&key=${key}`);
      test.setTimeout(120_000);
      // A look at an idle source may end before capture has told of it: the page then says pending, and one asks again.
      await expect(async () => {
        await page.getByRole('button', { name: 'Recheck now' }).click();
        await expect(page.getByText(/^Rechecked: /)).toHaveText(/^Rechecked: diverged/, { timeout: 30_000 });
      }).toPass({ timeout: 100_000 });
    });

    test.describe('of a row without a record', () => {
      test.use({ expectedOnConsole: /status of 404/ });
      test('a row that never differed can be rechecked by its link', async ({ page, request }) => {
        const known = new Set(await divergedKeys(request));
        const clean = Array.from({ length: 50 }, (_, i) => String(i + 1)).find((key) => !known.has(key)) ?? '';
        await openConsistency(page, `/consistency?table=inventory&key=${clean}`);
        const row = page.getByRole('region', { name: `Row ${clean} of inventory/inventory` });
        await row.getByRole('button', { name: 'Recheck now' }).click();
        await expect(row.getByText(/^Rechecked: (clean|pending)/)).toBeVisible({ timeout: 60_000 });
      });
    });

    test('keys walk the rows, open one and close it', async ({ page }) => {
      await openConsistency(page);
      const rows = page.locator('[data-row]');
      await expect(rows.first()).toBeVisible();
      await page.keyboard.press('j');
      await expect(rows.first()).toBeFocused();
      await page.keyboard.press('Enter');
      await expect(rows.first()).toHaveAttribute('aria-expanded', 'true');
      await expect(page).toHaveURL(/[?&]key=/);
      await page.keyboard.press('Escape');
      await expect(rows.first()).toHaveAttribute('aria-expanded', 'false');
      await expect(rows.first()).toBeFocused();
    });

    test('the API pages through the same rows and refuses what it does not know', async ({ request }) => {
      const seen: string[] = [];
      let path: string | undefined = `${API}/divergences?state=DIVERGED&limit=1`;
      while (path !== undefined) {
        const answer: APIResponse = await request.get(path);
        const rows: { key: string; verdict: string; firstSeenAt: string }[] = await answer.json();
        seen.push(...rows.map(({ key }) => key));
        path = /<([^>]+)>; rel="next"/.exec(answer.headers().link ?? '')?.[1];
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(wrong));
      expect((await request.get(`${API}/divergences?limit=0`)).status()).toBe(400);
      expect((await request.get(`${API}/divergences?after=nonsense`)).status()).toBe(400);
      expect((await request.get('/api/v1/contexts/inventory/tables/inventry/divergences')).status()).toBe(404);
      expect((await request.post(`${API}/recheck`, { data: { keys: [] } })).status()).toBe(400);
      const foreign = { data: { keys: wrong }, headers: { origin: 'http://evil.example' } };
      expect((await request.post(`${API}/recheck`, foreign)).status()).toBe(403);
    });
  });

test('each table shows what was compared, every verdict apart', async ({ page, request }) => {
  await openConsistency(page);
  const heads = page.getByRole('columnheader');
  for (const name of ['Rows compared', 'Clean', 'Diverged', 'Conflict', 'Unknown', 'Stalled', 'Pending']) {
    await expect(heads.getByText(name, { exact: true })).toBeVisible();
  }
  const { tables } = await (await request.get('/api/v1/contexts/inventory/tables')).json();
  expect(tables).toMatchObject([{ table: 'inventory', complete: { state: 'complete' } }]);
  expect(tables[0].complete.rowsCompared).toBeGreaterThan(0);
});
