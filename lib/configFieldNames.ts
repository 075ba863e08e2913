import { z } from 'zod';
import { configSchema } from './configSchema.ts';

const schemaNode = z.looseObject({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
});
type SchemaNode = z.infer<typeof schemaNode>;

/** The fields that banyan.yaml may have at a path; none where any name is taken, or where nothing may be. */
export function configFieldNames(path: readonly PropertyKey[]): readonly string[] {
  const root = z.toJSONSchema(configSchema, { io: 'input' });
  const { $defs = {} } = root;
  let nodes = alternatives(root, $defs);
  for (const part of path) nodes = nodes.flatMap((node) => alternatives(childOf(node, part), $defs));
  return [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function childOf({ properties, additionalProperties, items }: SchemaNode, part: PropertyKey): unknown {
  return typeof part === 'number' ? items : (properties?.[String(part)] ?? additionalProperties);
}

/** The node and all that it may be instead. */
function alternatives(schema: unknown, defs: Readonly<Record<string, unknown>>): readonly SchemaNode[] {
  const parsed = schemaNode.safeParse(schema);
  if (!parsed.success) return [];
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = parsed.data;
  const others = [...anyOf, ...oneOf, ...allOf, ...($ref === undefined ? [] : [defs[$ref.replace('#/$defs/', '')]])];
  return [parsed.data, ...others.flatMap((other) => alternatives(other, defs))];
}
