import { expect, it } from 'vitest';
import { shownRow } from './row.ts';

it('shows the columns of a row but those that are hidden', () => {
  const texts = ['7', 'DE02120300000000202051', null];
  const row = { texts, tokens: texts, copies: 1 };
  expect(shownRow(row, ['quantity', 'iban', 'note'], new Set(['iban']))).toEqual({ quantity: '7', note: null });
});
