// common/v1/common.proto: KeyValue and AnyValue, bounded in depth and number.
import { WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeCollector,
  type AttributeValue,
  cleanInteger,
  cleanNumber,
  cleanText,
  MAX_DEPTH,
  MAX_ELEMENTS,
  MAX_VALUE_LENGTH,
  type Warnings,
} from '../../core/trace/attributeValue.ts';
import type { WireCursor } from './wireCursor.ts';

/** Reads one KeyValue (length first) into `attributes`; past the cap it is skipped and counted. */
export function readKeyValue(cursor: WireCursor, attributes: AttributeCollector, depth = 1): void {
  const end = cursor.messageEnd();
  if (attributes.isFull) {
    cursor.pos = end;
    attributes.drop();
    return;
  }
  let key = '';
  let value: AttributeValue = null;
  cursor.eachField(end, (field, type) => {
    if (field === 1) key = cursor.text(type, attributes.warnings);
    else if (field === 2) {
      cursor.expect(type, WireType.LengthDelimited);
      value = readAnyValue(cursor, attributes.warnings, depth);
    } else return false;
    return true;
  });
  attributes.add(key, value);
}

function readAnyValue(cursor: WireCursor, warnings: Warnings, depth: number): AttributeValue {
  const end = cursor.messageEnd();
  if (depth > MAX_DEPTH) {
    cursor.pos = end;
    warnings.add('nesting_cut');
    return null;
  }
  let value: AttributeValue = null;
  cursor.eachField(end, (field, type) => {
    switch (field) {
      case 1:
        value = cleanText(cursor.text(type, warnings), MAX_VALUE_LENGTH, warnings);
        return true;
      case 2:
        value = cursor.bool(type);
        return true;
      case 3:
        value = cleanInteger(cursor.int64(type));
        return true;
      case 4:
        value = cleanNumber(cursor.double(type), warnings);
        return true;
      case 5:
        cursor.expect(type, WireType.LengthDelimited);
        value = readArray(cursor, warnings, depth);
        return true;
      case 6:
        cursor.expect(type, WireType.LengthDelimited);
        value = readKeyValueList(cursor, warnings, depth);
        return true;
      case 7:
        value = cursor.base64(type, MAX_VALUE_LENGTH, warnings);
        return true;
      default:
        return false;
    }
  });
  return value;
}

function readArray(cursor: WireCursor, warnings: Warnings, depth: number): AttributeValue {
  const elements: AttributeValue[] = [];
  cursor.eachField(cursor.messageEnd(), (field, type) => {
    if (field !== 1 || type !== WireType.LengthDelimited) return false;
    if (elements.length < MAX_ELEMENTS) {
      elements.push(readAnyValue(cursor, warnings, depth + 1));
      return true;
    }
    warnings.add('value_truncated');
    return false;
  });
  return elements;
}

function readKeyValueList(cursor: WireCursor, warnings: Warnings, depth: number): AttributeValue {
  const inner = new AttributeCollector(warnings);
  cursor.eachField(cursor.messageEnd(), (field, type) => {
    if (field !== 1 || type !== WireType.LengthDelimited) return false;
    readKeyValue(cursor, inner, depth + 1);
    return true;
  });
  return inner.values;
}
