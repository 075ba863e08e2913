'use client';
import { type ReactNode, useEffect, useRef } from 'react';

interface ModalProps {
  readonly open: boolean;
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The browser's own modal dialog: it keeps focus, closes by Escape and by a click outside. */
export function Modal({ open, label, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && dialog.current?.open === false) dialog.current.showModal();
    if (!open && dialog.current?.open === true) dialog.current.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog already; the click is the backdrop's
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="card m-auto mt-[12vh] w-[min(560px,calc(100vw-32px))] overflow-hidden p-0 text-ink"
    >
      {open ? children : null}
    </dialog>
  );
}
