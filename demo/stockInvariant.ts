import { FIRST_CANARY } from './estate/canaries.ts';

/** Pieces that orders took, less what was put in by hand and by transfers: each is written with the stock that it moves. */
const TAKEN = `
  (select coalesce(sum(quantity), 0) from reservation where state = 'consumed')
  - (select coalesce(sum(case type when 'StockAdjusted' then (payload->>'delta')::int
       when 'StockDebited' then -(payload->>'quantity')::int else (payload->>'quantity')::int end), 0)
     from outbox where type in ('StockAdjusted', 'StockDebited', 'StockCredited', 'StockRefunded'))`;

/**
 * What the service has in stock, and what was ever taken from it on either side, is what there was at first. What changes
 * the service's rows otherwise (rogue-write, applier-bug) breaks it; what never reaches them (drop-cdc-event) does not.
 */
export const stockAccountedFor = {
  id: 'stock',
  title: 'Stock accounted for',
  parts: [
    {
      database: 'inventory' as const,
      sql: `select (select sum(quantity) from stock_level where item_id < ${FIRST_CANARY}) + ${TAKEN}`,
      tables: ['inventory'],
    },
    { database: 'monolith' as const, sql: `select ${TAKEN}`, tables: [] },
  ],
  equals: 'unchanged',
};
