// The source kind `http`: any API that lists audit events, described in YAML.
import { settleConnection } from '../../runtime/connection-options.ts'
import { settleAuth } from '../auth.ts'
import type { AuthorizedHttp } from '../authorized-http.ts'
import type { Source, SourceKind, SourceTools, WindowSource } from '../source.ts'
import { type Engine, openEngine } from './engine.ts'
import { Feed } from './feed.ts'
import { httpFile, httpOptions, type HttpSourceOptions } from './options.ts'
import { over } from './merge.ts'
import { originOf } from './origin.ts'
import { partsOf } from './parts.ts'
import { everyOf } from './preset.ts'
import type { HttpPlans } from './plans.ts'
import { probe } from './probe.ts'
import { readWindow } from './windows.ts'

export { httpFile, type HttpSourceOptions, over }

export const http = {
  type: 'http',
  options: httpOptions,
  everyMs: 60_000,
  everyOf,
  settle: (options: HttpSourceOptions, folder: string) => {
    const settled = settleConnection(options, folder)
    return { ...settled, auth: settleAuth(settled.auth, folder) }
  },
  windows: ({ windows }: HttpSourceOptions) => windows,
  originOf,
  open,
} satisfies SourceKind<HttpSourceOptions>

/** `client`: with credentials of another kind of source, which has described itself in the words of this one. */
function open(options: HttpSourceOptions, tools: SourceTools, client?: AuthorizedHttp): Source | WindowSource {
  const engine = openEngine(options, tools, client)
  const { plans } = options
  const { parts } = plans
  const common = {
    ...(parts && { parts: (signal: AbortSignal) => partsOf(engine, parts, signal) }),
    close: () => engine.close(),
  }
  return plans.mode === 'window' ? { ...common, ...windows(engine, plans) } : { ...common, ...feed(engine, plans) }
}

function windows(engine: Engine, plans: HttpPlans): Pick<WindowSource, 'readWindow' | 'probe'> {
  return {
    readWindow: (request, signal) => readWindow(engine, plans, request, signal),
    probe: (signal) => probe(engine, signal),
  }
}

function feed(engine: Engine, { backfill }: HttpPlans): Pick<Source, 'read' | 'probe' | 'readWindow'> {
  const reader = new Feed(engine)
  return {
    read: (request, signal) => reader.read(request, signal),
    probe: (signal) => probe(engine, signal),
    ...(backfill && { readWindow: (request, signal) => readWindow(engine, backfill, request, signal) }),
  }
}
