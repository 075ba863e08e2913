import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exactText, keyText } from './keyText.ts';
import { parseExactly } from './parseExactly.ts';

it.each<[unknown, string | null | undefined]>([
  [5, '5'],
  [0.1, '0.1'],
  [2 ** 53, undefined],
  ['19.90', '19.90'],
  [true, 'true'],
  [null, null],
  [[1, null], '[1,null]'],
])('the exact text of %j is %j', (value, text) => {
  expect(exactText(value)).toBe(text);
});

it('a key text is the JSON array of its values, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ maxLength: 20 })), { minLength: 1, maxLength: 3 }), (values) => {
      expect(keyText(values)).toBe(JSON.stringify(values));
    }),
  );
});

it('every integer of 16 digits or more keeps its digits, strings and floats stay as they are', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 10n ** 15n, max: 10n ** 25n }),
      fc.string(),
      fc.double({ noNaN: true }),
      (digits, text, float) => {
        const json = `{"n":${digits},"m":-${digits},"s":${JSON.stringify(`${text}${digits}`)},"a":[${digits}]}`;
        expect(parseExactly(json)).toEqual({
          n: `${digits}`,
          m: `-${digits}`,
          s: `${text}${digits}`,
          a: [`${digits}`],
        });
        if (!Number.isInteger(float))
          expect(parseExactly(JSON.stringify([float]))).toEqual(JSON.parse(JSON.stringify([float])));
      },
    ),
  );
});
