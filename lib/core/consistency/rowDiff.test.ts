import { describe, expect, it } from 'vitest';
import { type KeptRows, maskedDiff, unmaskedRows } from './rowDiff.ts';

const kept: KeptRows = {
  columns: ['quantity', 'iban'],
  source: { sku: 'SKU-10517', quantity: '40', iban: 'DE02120300000000202051', note: null },
  expected: null,
  target: { sku: 'SKU-10517', quantity: '41', iban: 'DE02500105170137075030', note: null },
};
const HIDDEN = new Set(['iban']);
const lines = (rows: KeptRows) => maskedDiff(rows, HIDDEN).map(({ column, difference }) => [column, difference]);

describe('the masked diff', () => {
  it('says which columns differ and how, and of a hidden one only that it does', () => {
    expect(lines(kept)).toEqual([
      ['sku', '='],
      ['quantity', '≠'],
      ['iban', '≠'],
      ['note', '='],
    ]);
  });

  it('has a line for a hidden column, of which nothing is kept but that it differs', () => {
    const row = { quantity: '1' };
    expect(maskedDiff({ columns: ['iban'], source: row, expected: null, target: row }, HIDDEN)[1]).toMatchObject({
      ...{ column: 'iban', wrong: true, difference: '≠', hidden: true },
      ...{ source: { kind: 'hidden' }, target: { kind: 'hidden' } },
    });
  });

  it('holds no value, whatever the columns', () => {
    const text = JSON.stringify(maskedDiff(kept, new Set()));
    for (const value of ['SKU-10517', 'DE02', '"40"', '"41"']) expect(text).not.toContain(value);
  });

  it('tells NULL, a number, a time and a text apart, with a length that is only a bucket', () => {
    const row = { a: null, b: '40', c: '2026-11-21 12:00:00+00', d: 'x'.repeat(17), e: '', f: 'y'.repeat(300) };
    expect(
      maskedDiff({ columns: [], source: row, expected: null, target: row }, new Set()).map((l) => l.source),
    ).toEqual([
      { kind: 'null' },
      { kind: 'value', shape: 'number', length: 'up to 4 characters' },
      { kind: 'value', shape: 'time', length: 'up to 64 characters' },
      { kind: 'value', shape: 'text', length: 'up to 64 characters' },
      { kind: 'value', shape: 'text', length: 'empty' },
      { kind: 'value', shape: 'text', length: 'more than 256 characters' },
    ]);
  });

  it('measures the target against what the events say, not against a source row that has moved on', () => {
    expect(lines({ ...kept, columns: ['quantity'], expected: { quantity: null } })).toEqual([
      ['sku', '='],
      ['quantity', 'not NULL'],
      ['iban', '='],
      ['note', '='],
    ]);
  });

  it('marks every column of a row that only one side has', () => {
    const diff = maskedDiff({ ...kept, columns: [], target: null }, HIDDEN);
    expect(diff.every((line) => line.wrong && line.target.kind === 'no_row')).toBe(true);
  });
});

it('unmasks the columns asked for and no other', () => {
  expect(unmaskedRows(kept, ['quantity', 'unheard_of'])).toEqual({
    source: { quantity: '40' },
    expected: null,
    target: { quantity: '41' },
  });
});
