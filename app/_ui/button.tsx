'use client';
import type { ButtonHTMLAttributes } from 'react';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly small?: boolean;
}

/** The one kind of button. */
export function Button({ small = false, className = '', ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`control disabled:opacity-50 ${small ? 'control-small' : ''} ${className}`}
      {...rest}
    />
  );
}
