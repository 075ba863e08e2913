import { describe, expect, it } from 'vitest';
import { columnType, emptyValue, jsonOfValue, type ValueModes } from './columnValue.ts';

const modes: ValueModes = { binary: 'bytes', interval: 'numeric' };

describe('a column value as JSON', () => {
  it.each([
    ['int8', -1, '9223372036854775807', '9223372036854775807'],
    ['numeric', -1, '12345678901234567890.12', '"12345678901234567890.12"'],
    ['numeric', -1, '-Infinity', '"NEGATIVE_INFINITY"'],
    ['float8', -1, '1', '1.0'],
    ['float8', -1, '1e+21', '1e+21'],
    ['float8', -1, 'NaN', '"NaN"'],
    ['bool', -1, 'f', 'false'],
    ['date', -1, '0044-03-15 BC', '"-0043-03-15Z"'],
    ['date', -1, '10000-01-01', '"+10000-01-01Z"'],
    ['timestamp', -1, '2026-01-02 03:04:05', '"2026-01-02T03:04:05Z"'],
    ['timestamptz', -1, '2026-01-02 03:04:05+00', '"2026-01-02T03:04:05.000000Z"'],
    ['timestamptz', 3, '2026-01-02 03:04:05.5+00', '"2026-01-02T03:04:05.500Z"'],
    ['timestamptz', 0, '2026-01-02 03:04:05+00', '"2026-01-02T03:04:05Z"'],
    ['timestamptz', -1, '-infinity', '"-infinity"'],
    ['interval', -1, 'P1DT2H3M4S', '93784000000'],
    ['bytea', -1, '\\xdeadbeef', '"3q2+7w=="'],
    ['jsonb', -1, '{"a": "\\""}', '"{\\"a\\": \\"\\\\\\"\\"}"'],
  ])('%s(%i) %s', (typeName, modifier, raw, json) => {
    expect(jsonOfValue(columnType(typeName, false, modifier), raw, modes)).toBe(json);
  });

  it.each([
    ['text', '{a,"b,c",NULL,"NULL","q\\"\\\\"}', '["a","b,c",null,"NULL","q\\"\\\\"]'],
    ['int8', '{1,NULL,9007199254740993}', '[1,null,9007199254740993]'],
    ['text', '{}', '[]'],
    ['int4', '{{1,2},{3,4}}', '[[1,2],[3,4]]'],
    ['int4', '[0:1]={7,8}', '[7,8]'],
  ])('%s array %s', (typeName, raw, json) => {
    expect(jsonOfValue(columnType(typeName, true, -1), raw, modes)).toBe(json);
  });

  it('stands in for what is not sent, and for what is not known', () => {
    expect(jsonOfValue(columnType('text', false, -1), undefined, modes)).toBe('"__debezium_unavailable_value"');
    expect(jsonOfValue(columnType('text', false, -1), null, modes)).toBe('null');
    expect(emptyValue(columnType('timestamptz', false, -1))).toBe('"1970-01-01T00:00:00.000000Z"');
  });
});
