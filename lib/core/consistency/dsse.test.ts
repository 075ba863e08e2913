import { expect, it } from 'vitest';
import { preAuthEncoding } from './dsse.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (encoded: Uint8Array) => new TextDecoder().decode(encoded);

it.each([
  // The vector of the specification.
  ['http://example.com/HelloWorld', 'hello world', 'DSSEv1 29 http://example.com/HelloWorld 11 hello world'],
  ['', '', 'DSSEv1 0  0 '],
  ['ä', 'é', 'DSSEv1 2 ä 2 é'],
])('type %j and body %j: lengths count bytes', (type, body, encoded) => {
  expect(text(preAuthEncoding(type, bytes(body)))).toBe(encoded);
});
