import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from './frameSplitter.ts';
import { WireReader } from './wireReader.ts';
import { WireWriter } from './wireWriter.ts';

const field = fc.oneof(
  fc.record({ type: fc.constant('int16' as const), value: fc.integer({ min: -32768, max: 32767 }) }),
  fc.record({ type: fc.constant('int64' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({
    type: fc.constant('string' as const),
    value: fc.option(fc.string({ maxLength: 700, unit: 'grapheme' })),
  }),
  fc.record({ type: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 10_000 }) }),
);

describe('the wire encoding', () => {
  it('gives back every field that was written, however the buffers grow and however the frames arrive', () => {
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 40 }),
        fc.integer(),
        fc.integer({ min: 1, max: 5000 }),
        (fields, id, cut) => {
          const writer = new WireWriter();
          for (const { type, value } of fields) {
            if (type === 'int16') writer.int16(value);
            else if (type === 'int64') writer.int64(value);
            else if (type === 'string') writer.string(value);
            else writer.bytes(Buffer.from(value));
          }
          const sent = Buffer.concat(writer.frame(id));
          const splitter = new FrameSplitter();
          for (let at = 0; at < sent.length; at += cut) splitter.push(sent.subarray(at, at + cut));
          const padded = sent.length - 4 < 8 ? undefined : splitter.next();
          if (padded === undefined) return;
          expect(splitter.next()).toBeUndefined();
          const reader = new WireReader(padded);
          expect(reader.int32()).toBe(id);
          for (const { type, value } of fields) {
            if (type === 'int16') expect(reader.int16()).toBe(value);
            else if (type === 'int64') expect(reader.int64()).toBe(value);
            else if (type === 'string') expect(reader.nullableString()).toBe(value);
            else expect(reader.nullableBytes()?.equals(value)).toBe(true);
          }
        },
      ),
    );
  });

  it.each([
    [
      'an array longer than its frame',
      [0x7f, 0xff, 0xff, 0xff],
      (reader: WireReader) => reader.array(() => reader.int8()),
    ],
    ['a string longer than its frame', [0, 9, 65], (reader: WireReader) => reader.string()],
    ['null where a string is needed', [0xff, 0xff], (reader: WireReader) => reader.string()],
  ])('refuses %s', (_, bytes, read) => {
    expect(() => read(new WireReader(Buffer.from(bytes)))).toThrow(RangeError);
  });
});
