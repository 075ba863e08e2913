'use client';
import { toCsv } from '#lib/core/format/csv.ts';
import { Button } from './button.tsx';

interface CsvButtonProps {
  readonly fileName: string;
  readonly rows: () => readonly (readonly (string | number | null)[])[];
}

/** Saves what a table shows as CSV. */
export function CsvButton({ fileName, rows }: CsvButtonProps) {
  function save() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([toCsv(rows())], { type: 'text/csv;charset=utf-8' }));
    link.download = fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
  return (
    <Button small onClick={save} aria-label={`Save as CSV: ${fileName}`}>
      CSV
    </Button>
  );
}
