// The options of an http source as the rest of the folder wants them: merged with the preset, checked as a whole, every template read.
import { z } from 'zod'
import type { Connection } from '../../runtime/http-connection.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import { httpUrl } from '../../runtime/http-options.ts'
import type { AuthOptions } from '../auth.ts'
import type { WindowDefaults } from '../source.ts'
import { NO_USER } from './address.ts'
import { type Tell, wholeDefinition } from './definition.ts'
import { looseDefinition } from './loosen.ts'
import { type HttpPlans, plansOf } from './plans.ts'
import { PRESET_NAMES } from './presets/names.ts'
import type { Definition } from './schema.ts'
import type { SharedDefaults } from './schema-preset.ts'
import { scalar } from './schema-words.ts'
import { secretsOf } from './secret-values.ts'

export interface HttpSourceOptions {
  readonly preset: string | undefined
  /** The base address, without a slash at its end. */
  readonly base: string
  readonly auth: AuthOptions
  readonly definition: Definition
  readonly plans: HttpPlans
  readonly connection: Connection
  readonly windows: WindowDefaults
  /** What must not appear in any text, besides credentials. */
  readonly secrets: readonly string[]
}

/** The keys that a file may have; built, as everything in it, when a configuration names the kind. */
export const httpFile = z.lazy(() =>
  z.strictObject({
    preset: z
      .enum(PRESET_NAMES)
      .exactOptional()
      .describe(
        'A definition that comes with the relay; what stands beside it goes before it, and null takes a key of it away.',
      ),
    params: z
      .record(z.string(), scalar.nullable())
      .exactOptional()
      .describe('Values for {{params.NAME}}; the page of a preset says which it needs.'),
    ...looseDefinition._zod.innerType.shape,
    ...connectionShape,
  }),
)

export const httpOptions: z.ZodType<HttpSourceOptions> = httpFile
  .superRefine(checkConnection)
  .transform((written, context): HttpSourceOptions => {
    const before = context.issues.length
    const whole = wholeDefinition(written, context)
    if (!whole) return z.NEVER
    const { definition, preset, params, tell } = whole
    const base = baseOf(definition.url, tell)
    const secrets = secretsOf(definition, params)
    const plans = plansOf(definition, tell, secrets)
    if (context.issues.length > before || base === undefined) return z.NEVER
    const connection = connectionOf(written)
    return {
      preset: preset?.name,
      base,
      auth: definition.auth ?? { type: 'none' },
      definition,
      plans,
      connection,
      windows: windowsOf(preset?.shared ?? {}, definition, plans),
      secrets: [...secrets, ...connectionSecrets(connection)],
    }
  })

function baseOf(url: string, tell: Tell): string | undefined {
  const checked = httpUrl.safeParse(url)
  if (!checked.success) {
    tell(['url'], checked.error.issues[0]?.message ?? 'expected an address')
    return undefined
  }
  const parsed = new URL(url)
  if (parsed.username !== '' || parsed.password !== '') tell(['url'], NO_USER)
  if (parsed.search !== '') tell(['url'], 'parameters stand in `request.query`, not in the address')
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/u, '')}`
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A feed is read again only after its cursor was lost; then an hour covers what arrived out of order. */
function windowsOf(shared: SharedDefaults, { time }: Definition, { mode, backfill }: HttpPlans): WindowDefaults {
  return {
    startMs: shared.start ?? day,
    settleMs: shared.settle ?? 5 * minute,
    overlapMs: shared.overlap ?? (mode === 'feed' ? hour : 10 * minute),
    maxWindowMs: shared.max_window ?? day,
    sweepsMs: shared.sweeps ?? (mode === 'feed' ? [] : [hour, day]),
    retentionMs: shared.retention ?? null,
    ...(time?.of === 'arrival' && { ofArrival: true }),
    ...(mode === 'feed' && !backfill && { ofCursor: true }),
  }
}
