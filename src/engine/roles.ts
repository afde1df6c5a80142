/** What a process of `logcollector run` does: the setting `roles`. Neighbours: create.ts, parts.ts. */
import type { Config } from '../config/index.ts'

export type Role = 'consume' | 'maintain' | 'api'

export const hasRole = ({ roles }: Pick<Config, 'roles'>, role: Role): boolean =>
  roles.includes('all') || roles.includes(role)
