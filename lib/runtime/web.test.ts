import { expect, it } from 'vitest';
import { closeWeb, web } from './web.ts';

it('opens no store once it is closed, so that a request still in flight leaves no connections behind', async () => {
  await closeWeb();
  await expect(web()).rejects.toMatchObject({ code: 'unavailable' });
});
