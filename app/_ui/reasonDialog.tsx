'use client';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Modal } from './modal.tsx';

interface ReasonDialogProps {
  readonly open: boolean;
  readonly title: string;
  /** What will happen, before it does. */
  readonly children: ReactNode;
  readonly confirm: string;
  /** What a reason may look like. */
  readonly example: string;
  readonly onConfirm: (reason: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Says what a change will do and asks why; the reason goes to the audit log. It stays open if the change is refused. */
export function ReasonDialog({ open, title, onClose, ...rest }: ReasonDialogProps) {
  return (
    <Modal open={open} label={title} onClose={onClose}>
      <ReasonForm title={title} onClose={onClose} {...rest} />
    </Modal>
  );
}

function ReasonForm({ title, children, confirm, example, onConfirm, onClose }: Omit<ReasonDialogProps, 'open'>) {
  const [reason, setReason] = useState('');
  const field = useId();
  const change = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <form
      className="p-5"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(reason.trim());
      }}
    >
      <h2 className="mb-2 text-lg font-semibold">{title}</h2>
      <div className="space-y-2 text-sm text-ink-2">{children}</div>
      <label htmlFor={field} className="mt-4 mb-1 block text-sm font-medium">
        Reason, for the audit log
      </label>
      <textarea
        id={field}
        required
        rows={2}
        maxLength={2000}
        value={reason}
        placeholder={example}
        onChange={(event) => setReason(event.target.value)}
        className="w-full rounded-control border border-line-strong bg-bg px-2.5 py-1.5 text-sm"
      />
      <p role="alert" className="mt-2 text-sm empty:hidden">
        {change.error === null ? '' : `Nothing was changed: ${change.error.message}.`}
      </p>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          disabled={reason.trim() === '' || change.isPending}
          className="!border-accent !text-ink font-medium"
        >
          {confirm}
        </Button>
      </div>
    </form>
  );
}
