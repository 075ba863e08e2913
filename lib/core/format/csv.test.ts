import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

it.each([
  ['a comma is quoted', 'a,b', '"a,b"\r\n'],
  ['a quote is doubled', 'a"b', '"a""b"\r\n'],
  ['a formula is only text', '=1+1', "'=1+1\r\n"],
  ['a command is only text', '@SUM(A1)', "'@SUM(A1)\r\n"],
  ['a line break is quoted', 'a\nb', '"a\nb"\r\n'],
  ['a formula after a tab is only text', '\t=1', "'\t=1\r\n"],
  ['a formula after a line break is only text', '\n=1', `"'\n=1"\r\n`],
  ['a formula of full width is only text', '＝1＋1', "'＝1＋1\r\n"],
  ['a sign within a text stays', 'a=-1', 'a=-1\r\n'],
  ['a quoted formula is both', '+1,2', `"'+1,2"\r\n`],
  ['a negative number stays a number', -3, '-3\r\n'],
  ['unknown is empty, not zero', null, '\r\n'],
])('%s', (_name, value, expected) => expect(toCsv([[value]])).toBe(expected));
