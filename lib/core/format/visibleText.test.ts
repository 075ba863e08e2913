import { expect, it } from 'vitest';
import { visibleText } from './visibleText.ts';

it.each([
  ['plain text stays', 'SKU-42 é 日本 😀', 'SKU-42 é 日本 😀'],
  ['a right-to-left override is seen', 'abc\u202Efdp.exe', 'abc⟨U+202E⟩fdp.exe'],
  ['a zero-width space is seen', 'a\u200Bb', 'a⟨U+200B⟩b'],
  ['a NUL and a line feed are seen', 'a\u0000\nb', 'a⟨U+0000⟩⟨U+000A⟩b'],
  ['a lone surrogate is seen', 'a\uD800b', 'a⟨U+D800⟩b'],
  ['markup is only text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
])('%s', (_name, text, expected) => expect(visibleText(text)).toBe(expected));
