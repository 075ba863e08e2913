import { BanyanError } from '../errors.ts';
import type { Principal, Role } from '../ports/principal.ts';

/** Who a caller on loopback is, until sign-in is configured. */
export const LOCAL_OPERATOR: Principal = {
  id: 'local-operator',
  kind: 'person',
  roles: ['viewer', 'operator'],
};

/** Banyan's own workers, as the author of what they change. */
export const SYSTEM: Principal = { id: 'banyan', kind: 'system', roles: ['viewer', 'operator'] };

/**
 * Refuses a principal that has none of the roles.
 * @throws BanyanError `forbidden`
 */
export function requireRole(principal: Principal, ...roles: readonly Role[]): void {
  if (roles.some((role) => principal.roles.includes(role)) || principal.roles.includes('admin')) return;
  throw new BanyanError('forbidden', `${principal.id} may not do this: it needs the role ${roles.join(' or ')}`);
}
