'use client';
import { useEffect, useState } from 'react';
import { Modal } from './modal.tsx';
import { Palette } from './palette.tsx';
import { OPEN_HELP, OPEN_PALETTE } from './paletteEvents.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K or /', 'go to a stage, a table or a page'],
  ['j, k', 'next row, row before'],
  ['Enter', 'open the row'],
  ['← →', 'read the points of a chart that has the focus'],
  ['?', 'this list'],
  ['Esc', 'close'],
];

/** Keys that work on every page. Rows are elements marked `data-row`. */
export function Keyboard() {
  const [open, setOpen] = useState<'palette' | 'help' | null>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOpen('palette');
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '/') {
        event.preventDefault();
        setOpen('palette');
      }
      if (event.key === '?') setOpen('help');
      if (event.key === 'j') moveRow(1);
      if (event.key === 'k') moveRow(-1);
    };
    const onPalette = () => setOpen('palette');
    const onHelp = () => setOpen('help');
    window.addEventListener('keydown', onKey);
    window.addEventListener(OPEN_PALETTE, onPalette);
    window.addEventListener(OPEN_HELP, onHelp);
    return () => {
      window.removeEventListener('keydown', onKey);
      window.removeEventListener(OPEN_PALETTE, onPalette);
      window.removeEventListener(OPEN_HELP, onHelp);
    };
  }, []);
  // A dialog tells of its end a moment later: by then another may be open, which must stay.
  const close = (which: 'palette' | 'help') => setOpen((now) => (now === which ? null : now));
  return (
    <>
      <Modal open={open === 'palette'} label="Search" onClose={() => close('palette')}>
        <Palette onDone={() => close('palette')} />
      </Modal>
      <Modal open={open === 'help'} label="Keyboard" onClose={() => close('help')}>
        <div className="p-5">
          <h2 className="mb-3 text-lg font-semibold">Keyboard</h2>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
            {KEYS.map(([keys, meaning]) => (
              <div key={keys} className="contents">
                <dt>
                  <kbd className="rounded border border-line-strong px-1.5 font-mono text-xs">{keys}</kbd>
                </dt>
                <dd className="text-ink-2">{meaning}</dd>
              </div>
            ))}
          </dl>
        </div>
      </Modal>
    </>
  );
}

function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (rows.length === 0) return;
  const focused = document.activeElement;
  const at = focused instanceof HTMLElement ? rows.indexOf(focused) : -1;
  const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next]?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog, [contenteditable]') !== null;
}
