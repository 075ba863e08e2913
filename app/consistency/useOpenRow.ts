'use client';
import { useQueryStates } from 'nuqs';
import { useEffect } from 'react';
import type { KeyPlace } from '#lib/services/read/readDivergence.ts';
import type { TableConsistency } from '#lib/services/read/readTables.ts';
import { consistencyParsers } from '#lib/url.ts';

export interface OpenRow {
  /** The row that the URL points at, or null. */
  readonly place: KeyPlace | null;
  readonly isOpen: (row: KeyPlace) => boolean;
  /** Opens a row, or closes the one that is open. */
  readonly toggle: (row: KeyPlace) => void;
}

/** The row that is open, kept in the URL; Escape closes it. A link without a context means the first table of that name. */
export function useOpenRow(tables: readonly TableConsistency[]): OpenRow {
  const [{ context, table, key }, setFilter] = useQueryStates(consistencyParsers, { history: 'replace' });
  const owner = context ?? tables.find((known) => table === null || known.table === table)?.context ?? null;
  const name = table ?? tables[0]?.table ?? null;
  const place = key === null || owner === null || name === null ? null : { context: owner, table: name, key };
  const isOpen = (row: KeyPlace) => place !== null && samePlace(row, place);
  const open = place !== null;
  useEffect(() => {
    if (!open) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || document.querySelector('dialog[open]') !== null) return;
      document.querySelector<HTMLElement>('[data-row][aria-expanded="true"]')?.focus();
      setFilter({ context: null, table: null, key: null });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [open, setFilter]);
  return {
    place,
    isOpen,
    toggle: (row) =>
      setFilter(
        isOpen(row)
          ? { context: null, table: null, key: null }
          : {
              context: tables.filter((known) => known.table === row.table).length > 1 ? row.context : null,
              table: row.table,
              key: row.key,
            },
      ),
  };
}

export const samePlace = (a: KeyPlace, b: KeyPlace): boolean =>
  a.key === b.key && a.table === b.table && a.context === b.context;

/** Where the API has what is known of a key. */
export const rowUrl = ({ context, table, key }: KeyPlace): string =>
  `${tableUrl({ context, table })}/divergences/${encodeURIComponent(key)}`;

/** Where the API has a table. */
export const tableUrl = ({ context, table }: Omit<KeyPlace, 'key'>): string =>
  `/api/v1/contexts/${encodeURIComponent(context)}/tables/${encodeURIComponent(table)}`;
