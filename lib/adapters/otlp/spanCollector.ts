import { AttributeCollector, type AttributeValue, Warnings } from '../../core/trace/attributeValue.ts';
import type { DecodedSpan } from '../../core/trace/span.ts';
import { BanyanError } from '../../errors.ts';

export const MAX_EVENTS = 128;
export const MAX_LINKS = 128;

/** What is kept of a resource: the service, and the attributes that tell its builds and instances apart. */
export interface ResourceInfo {
  readonly service: string;
  readonly attributes: readonly (readonly [string, AttributeValue])[];
}

const KEPT = ['service.version', 'service.instance.id', 'deployment.environment.name'];

export function resourceInfo(attributes: Readonly<Record<string, AttributeValue>>): ResourceInfo {
  const service = attributes['service.name'];
  return {
    service: typeof service === 'string' && service !== '' ? service : 'unknown_service',
    attributes: KEPT.flatMap((name) => {
      const value = attributes[name];
      return value === undefined ? [] : [[`resource.${name}`, value] as const];
    }),
  };
}

/** Gathers the spans of one request, up to a cap. */
export class SpanCollector {
  readonly spans: DecodedSpan[] = [];
  readonly #maxSpans: number;

  constructor(maxSpans: number) {
    this.#maxSpans = maxSpans;
  }

  add(span: DecodedSpan): void {
    if (this.spans.length >= this.#maxSpans) {
      throw new BanyanError('too_large', `the request has more than ${this.#maxSpans} spans`, {
        fix: 'send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or send_batch_max_size of the Collector)',
      });
    }
    this.spans.push(span);
  }

  /** A span with the proto3 defaults of every field. */
  static emptySpan(resource: ResourceInfo): DecodedSpan {
    const warnings = new Warnings();
    const attributes = new AttributeCollector(warnings);
    for (const [name, value] of resource.attributes) attributes.add(name, value);
    return {
      service: resource.service,
      traceId: '',
      spanId: '',
      parentSpanId: '',
      name: '',
      kind: 0,
      startNs: 0n,
      endNs: 0n,
      statusCode: 0,
      statusMessage: '',
      attributes,
      events: [],
      links: [],
      warnings,
    };
  }
}
