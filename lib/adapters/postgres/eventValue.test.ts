import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureModes } from '../../core/migration/definition.ts';
import { captureFindings } from './captureFindings.ts';
import { type CarriedColumn, capturedValue, UNKNOWN } from './eventValue.ts';

const column = (declared: string, base = declared, more: Partial<CarriedColumn> = {}): CarriedColumn => ({
  name: 'x',
  type: declared,
  declared,
  base,
  element: null,
  category: 'X',
  notNull: false,
  byteOrder: true,
  hasher: null,
  textOrder: null,
  readable: true,
  toastable: false,
  byText: false,
  ...more,
});
const array = (base: string) => column(`${base}[]`, `_${base}`, { element: base });
const price = column('numeric(12,2)', 'numeric');
const long = column('numeric(30,10)', 'numeric');
const any = column('numeric');
const time6 = column('timestamp(6) without time zone', 'timestamp');
const time3 = column('timestamp(3) without time zone', 'timestamp');
const UNAVAILABLE = '__debezium_unavailable_value';

describe('a value of an event is what its setting says, or unknown', () => {
  it.each<[string, CarriedColumn, string | null, CaptureModes, string | null | typeof UNKNOWN]>([
    ['NULL', column('text'), null, {}, null],
    ['an unchanged long value', column('text'), UNAVAILABLE, {}, UNKNOWN],
    ['unchanged long bytes', column('bytea'), Buffer.from(UNAVAILABLE).toString('base64'), {}, UNKNOWN],
    ['an unchanged long array', array('text'), `["${UNAVAILABLE}"]`, {}, UNKNOWN],
    ['a long integer', column('int8'), '9007199254740993', {}, '9007199254740993'],
    ['a rounded integer', column('int8'), '9.007199254740993e+21', {}, UNKNOWN],
    ['a boolean', column('bool'), 'true', {}, 'true'],
    ['a decimal with a point', price, '-19.90', {}, '-19.90'],
    ['digits that may be bytes', price, '1234', {}, UNKNOWN],
    ['digits, as strings', price, '1234', { decimal: 'string' }, '1234'],
    ['digits, as bytes', price, '1234', { decimal: 'precise' }, '-2658824e-2'],
    ['bytes that are no digits', price, 'B8Y=', {}, '1990e-2'],
    ['bytes below zero', price, '+Do=', { decimal: 'precise' }, '-1990e-2'],
    ['bytes with their own scale', any, '{"scale":1,"value":"Dw=="}', {}, '15e-1'],
    ['more digits than a double has', long, '0.1', {}, UNKNOWN],
    ['more digits than a double has, as doubles', long, '0.1', { decimal: 'double' }, UNKNOWN],
    ['a double that keeps its digits', price, '19.9', { decimal: 'double' }, '19.9'],
    ['a null that may be no number', price, null, {}, UNKNOWN],
    ['a null that is NULL', price, null, { decimal: 'string' }, null],
    ['no number', any, 'NAN', { decimal: 'string' }, 'NaN'],
    ['infinity', any, 'NEGATIVE_INFINITY', { decimal: 'string' }, '-Infinity'],
    ['a zero that may be minus zero, by text', column('float8', 'float8', { byText: true }), '0', {}, UNKNOWN],
    ['a zero by value', column('float8'), '0', {}, '0'],
    ['bytes that may be hex or base64', column('bytea'), 'abcd', {}, UNKNOWN],
    ['bytes in hex', column('bytea'), 'abcd', { binary: 'hex' }, '\\xabcd'],
    ['bytes in base64', column('bytea'), 'abcd', { binary: 'bytes' }, '\\x69b71d'],
    ['bytes that are base64 only', column('bytea'), 'AP8=', {}, '\\x00ff'],
    ['bytes that are hex only', column('bytea'), '00ff01', {}, '\\x00ff01'],
    ['bytes safe in a URL', column('bytea'), '-_8=', { binary: 'base64-url-safe' }, '\\xfbff'],
    ['no bytes', column('bytea'), '', {}, '\\x'],
    ['days', column('date'), '20455', {}, '2026-01-02'],
    ['days before Christ', column('date'), '-735160', {}, '0044-03-15 BC'],
    ['a date', column('date'), '2026-01-02Z', {}, '2026-01-02'],
    ['a date before Christ', column('date'), '-0043-03-15Z', {}, '0044-03-15 BC'],
    ['an infinite date', column('date'), '-5877611-06-21Z', {}, UNKNOWN],
    ['an infinite day', column('date'), '2147483647', {}, UNKNOWN],
    ['a time of an unknown unit', time6, '1767322000000000', {}, UNKNOWN],
    ['microseconds', time6, '1767322000000001', { time: 'adaptive' }, '2026-01-02 02:46:40.000001'],
    ['microseconds before 1970', time6, '-1', { time: 'microseconds' }, '1969-12-31 23:59:59.999999'],
    ['milliseconds', time3, '1767322000001', { time: 'adaptive' }, '2026-01-02 02:46:40.001000'],
    ['milliseconds that hide digits', time6, '1767322000001', { time: 'connect' }, UNKNOWN],
    ['milliseconds that hide none', time3, '1767322000001', { time: 'connect' }, '2026-01-02 02:46:40.001000'],
    ['nanoseconds', time6, '1767322000000001000', { time: 'nanoseconds' }, '2026-01-02 02:46:40.000001'],
    ['an ISO time', time6, '2026-01-02T03:04:05.5Z', {}, '2026-01-02 03:04:05.5'],
    ['an infinite ISO time', time6, '+294247-01-10T04:00:25.2Z', {}, UNKNOWN],
    ['an infinite number', time6, '9223372036825200000', { time: 'adaptive' }, UNKNOWN],
    ['an instant', column('timestamptz'), '2026-01-02T01:04:05.678900Z', {}, '2026-01-02 01:04:05.678900Z'],
    [
      'an instant as PostgreSQL writes it',
      column('timestamptz'),
      '2026-01-02 01:04:05.5+00',
      {},
      '2026-01-02 01:04:05.5+00',
    ],
    ['an infinite instant', column('timestamptz'), '-infinity', {}, '-infinity'],
    ['an instant of a far year', column('timestamptz'), '+12026-01-02T01:04:05Z', {}, '12026-01-02 01:04:05Z'],
    ['a time of day', column('time(3) without time zone', 'time'), '10800001', { time: 'adaptive' }, '03:00:00.001000'],
    ['a time of day in microseconds', column('time'), '86400000000', { time: 'adaptive' }, '24:00:00.000000'],
    ['an ISO time of day', column('time'), '03:04:05.5Z', {}, '03:04:05.5'],
    ['a time of day that lost its zone', column('timetz'), '03:04:05Z', {}, UNKNOWN],
    ['an interval in parts', column('interval'), 'P0Y1M2DT3H4M5.5S', {}, 'P0Y1M2DT3H4M5.5S'],
    ['an interval of rounded months', column('interval'), '2629800000000', {}, UNKNOWN],
    ['bits', column('bit(8)', 'bit'), '10101010', {}, UNKNOWN],
    [
      'texts that need quotes',
      array('text'),
      '["a,b","\\"","\\\\",null,"NULL",""]',
      {},
      '{"a,b","\\"","\\\\",NULL,"NULL",""}',
    ],
    ['nested arrays', array('int4'), '[[1],[2]]', {}, '{{"1"},{"2"}}'],
    ['an array of rounded integers', array('int8'), '[9007199254740992]', {}, UNKNOWN],
    ['an array of decimals', array('numeric'), '["1.50"]', { decimal: 'string' }, '{"1.50"}'],
    ['a number where an array is expected', array('int4'), '1', {}, UNKNOWN],
  ])('%s', (_, of, text, modes, expected) => expect(capturedValue(of, text, modes)).toBe(expected));

  it('of a day number is the civil date, as JavaScript has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_000, max: 2_900_000 }), (day) => {
        const iso = new Date(day * 86_400_000).toISOString().slice(0, 10);
        expect(capturedValue(column('date'), String(day), {})).toBe(iso);
      }),
    );
  });

  it('of a precise decimal is its number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n }), (unscaled) => {
        const raw = Buffer.alloc(8);
        raw.writeBigInt64BE(unscaled);
        const text = raw.toString('base64');
        expect(capturedValue(price, text, { decimal: 'precise' })).toBe(`${unscaled}e-2`);
      }),
    );
  });
});

describe('what the connector says against what is declared', () => {
  it.each<[string, CaptureModes, Record<string, string> | null, readonly string[]]>([
    ['both the same', { time: 'connect' }, { 'time.precision.mode': 'connect' }, []],
    ['a default that is declared', { time: 'adaptive' }, {}, []],
    ['another', { time: 'connect' }, {}, ['refused capture: { time: adaptive }']],
    ['none declared', {}, {}, ['flagged capture: { time: adaptive }']],
    ['none declared, and none needed', {}, { 'time.precision.mode': 'isostring' }, []],
    ['a connector that is not known', {}, null, ['flagged capture: { time: <time.precision.mode> }']],
  ])('%s', (_, declared, connector, expected) => {
    const found = captureFindings(declared, [time6, column('int4')], connector);
    expect(found.map(({ severity, fix }) => `${severity} ${fix}`)).toEqual(expected);
  });
});
