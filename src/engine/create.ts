/** The engine that a process's roles ask for. */

import { hasRole } from '../config/index.ts'
import { Bystander } from './bystander.ts'
import { Engine, type EngineOptions } from './engine.ts'

export const createEngineFor = (options: EngineOptions): Engine | Bystander =>
  hasRole(options.config, 'consume') ? new Engine(options) : new Bystander(options)
