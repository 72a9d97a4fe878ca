// The lists of `destinations` and `sources`: what both read and show in the same way.
import type { RelayConfig } from '../config/config.ts'
import type { Overview, StoreReader } from '../store/store.ts'
import { type ReportFlags, whyText } from './control-report.ts'
import type { WhyInactive } from './control-view.ts'
import { openState, type StateFlags } from './open-state.ts'
import { paintFor } from './paint.ts'
import type { StatusWord } from './status/assess.ts'
import { type Cell, type Column, renderTable } from './table.ts'
import type { World } from './world.ts'

export interface Listed {
  readonly name: string
  readonly type: string | null
  readonly status: StatusWord
  readonly why: readonly WhyInactive[]
}

/** How the list of one kind of thing differs. */
export interface ListForm<Shown extends Listed> {
  readonly what: 'destination' | 'source'
  /** What stands behind the reason. */
  readonly columns: readonly Column[]
  readonly cells: (one: Shown, now: number) => readonly Cell[]
  /** Added to the reason. */
  readonly remark?: (one: Shown) => string
  /** What its machine form has besides. */
  readonly json: (one: Shown) => object
}

/** Reads what there is, and closes the state before anything is shown. */
export async function readList<Shown>(
  shown: (
    overview: Overview,
    config: RelayConfig | undefined,
    reader: StoreReader,
  ) => readonly Shown[] | Promise<readonly Shown[]>,
  flags: StateFlags,
  world: World,
): Promise<readonly Shown[]> {
  const { reader, config } = await openState(flags, world)
  try {
    return await shown(await reader.overview(world.clock.now()), config, reader)
  } finally {
    await reader.close()
  }
}

/** Prints the list. */
export function showList<Shown extends Listed>(
  all: readonly Shown[],
  form: ListForm<Shown>,
  { json }: ReportFlags,
  { stdout, clock }: Pick<World, 'stdout' | 'clock'>,
): void {
  const { what, remark } = form
  if (json) return stdout.write(`${JSON.stringify({ [`${what}s`]: all.map((one) => asJson(one, form)) }, null, 2)}\n`)
  if (all.length === 0) return stdout.write(`There is no ${what}.\n`)
  const paint = paintFor(stdout)
  const colours = { Active: paint.good, 'Active with errors': paint.bad, Inactive: paint.warning }
  const rows = all.map((one) => [
    { text: one.name, paint: paint.strong },
    { text: one.type ?? '-' },
    { text: one.status, paint: colours[one.status] },
    { text: whyText(one.why) + (remark?.(one) ?? '') },
    ...form.cells(one, clock.now()),
  ])
  const columns = [{ title: what.toUpperCase() }, ...sharedColumns, ...form.columns]
  stdout.write(`${renderTable(columns, rows, { width: stdout.columns, paintTitle: paint.faint }).join('\n')}\n`)
}

const sharedColumns: readonly Column[] = [
  { title: 'TYPE', yields: 4 },
  { title: 'STATUS' },
  { title: 'WHY INACTIVE', yields: 1 },
]

function asJson<Shown extends Listed>(one: Shown, { json }: ListForm<Shown>): object {
  const { name, type, status, why } = one
  return { name, type, status, inactive_because: why, ...json(one) }
}
