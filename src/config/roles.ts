/** What a process of `logcollector run` does: the setting `roles`. Neighbours: memory.ts, engine, cli. */
import type { Config } from './types.ts'

export type Role = 'consume' | 'maintain' | 'api'

export const hasRole = ({ roles }: Pick<Config, 'roles'>, role: Role): boolean =>
  roles.includes('all') || roles.includes(role)
