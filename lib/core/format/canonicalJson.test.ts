import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonicalJson.ts';

describe('the canonical form', () => {
  it.each<[string, unknown, string]>([
    ['members by name, without space', { b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    ['an empty object and array', { a: {}, b: [] }, '{"a":{},"b":[]}'],
    // The example of RFC 8785, section 3.2.3: by UTF-16 code units, so U+1F600 comes before U+FB33.
    [
      'names by code unit',
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
    ],
    ['only what must be escaped', '€$\u000f\nA\'B"\\/', '"€$\\u000f\\nA\'B\\"\\\\/"'],
    ['the largest integer', 9007199254740991, '9007199254740991'],
  ])('%s', (_, value, text) => expect(canonicalJson(value)).toBe(text));

  it.each<[string, unknown]>([
    ['a fraction', 1.5],
    ['an integer that is not exact', 2 ** 53],
    ['minus zero', -0],
    ['not a number', Number.NaN],
    ['undefined in an object', { a: undefined }],
    ['a bigint', 1n],
    ['half a surrogate pair', '\ud800'],
  ])('%s has none', (_, value) => expect(() => canonicalJson(value)).toThrow(RangeError));

  it('is the same whatever order the members came in, and reads back as the value', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((some) => some.isWellFormed());
    const members = fc.uniqueArray(fc.tuple(text, fc.oneof(text, fc.integer(), fc.boolean())), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(members, (entries) => {
        const value = Object.fromEntries(entries);
        const form = canonicalJson(value);
        expect(canonicalJson(Object.fromEntries(entries.toReversed()))).toBe(form);
        expect(canonicalJson(JSON.parse(form))).toBe(form);
        expect(JSON.parse(form)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
