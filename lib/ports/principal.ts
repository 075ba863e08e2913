export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. Without configured sign-in, Banyan serves loopback only and everybody is the local operator. */
export interface Principal {
  readonly id: string;
  readonly kind: 'person' | 'token' | 'system';
  readonly roles: readonly Role[];
}
