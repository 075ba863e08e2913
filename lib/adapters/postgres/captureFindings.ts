import type { CaptureModes } from '../../core/migration/definition.ts';
import type { CarriedColumn } from './eventValue.ts';
import type { MappingFinding } from './mappingFinding.ts';

/** A connector's configuration, by property. */
export type ConnectorSettings = Readonly<Record<string, string | null>>;

/** Kafka Connect shows a setting that it takes from elsewhere by its placeholder, and some hide values. */
const NOT_SHOWN = /\$\{|^\*+$/;

/** A connector's setting, or what it does unless told; null where that is not known. */
export function settingOf(connector: ConnectorSettings | null, property: string, byDefault: string): string | null {
  if (connector === null) return null;
  const value = connector[property] ?? byDefault;
  return NOT_SHOWN.test(value) ? null : value;
}

interface Mode {
  readonly name: keyof CaptureModes;
  readonly property: string;
  /** What Debezium does unless told. */
  readonly byDefault: string;
  /** What tells its values apart without a declaration. */
  readonly clear: string | null;
  readonly bases: readonly string[];
}

const MODES: readonly Mode[] = [
  {
    name: 'time',
    property: 'time.precision.mode',
    byDefault: 'adaptive',
    clear: 'isostring',
    bases: ['time', 'timestamp'],
  },
  { name: 'decimal', property: 'decimal.handling.mode', byDefault: 'precise', clear: null, bases: ['numeric'] },
  { name: 'binary', property: 'binary.handling.mode', byDefault: 'bytes', clear: null, bases: ['bytea'] },
  { name: 'interval', property: 'interval.handling.mode', byDefault: 'numeric', clear: 'string', bases: ['interval'] },
];

/** Where the declared modes are not the connector's, or are needed and not declared; `connector` null: not known. */
export function captureFindings(
  declared: CaptureModes,
  carried: readonly CarriedColumn[],
  connector: ConnectorSettings | null,
): readonly MappingFinding[] {
  return MODES.flatMap(({ name, property, byDefault, clear, bases }): readonly MappingFinding[] => {
    const columns = carried.filter((column) => bases.includes(column.element ?? column.base));
    const [own, real] = [declared[name], settingOf(connector, property, byDefault)];
    const names = columns.map((column) => column.name).join(', ');
    if (columns.length === 0) return [];
    if (own !== undefined && real !== null && own !== real) {
      const reason = `capture.${name} is ${own}, and the connector's ${property} is ${real}: events would be misread (${names})`;
      return [{ column: null, severity: 'refused', reason, fix: `capture: { ${name}: ${real} }` }];
    }
    if (own !== undefined || (real !== null && real === clear)) return [];
    const reason = `events write ${names} as ${property} says: until it is declared, doubtful rows are read again, and judged later while they keep changing`;
    return [{ column: null, severity: 'flagged', reason, fix: `capture: { ${name}: ${real ?? `<${property}>`} }` }];
  });
}
