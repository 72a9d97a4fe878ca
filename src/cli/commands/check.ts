// `check`: what the state's own pages and ledger say, recomputed.
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'
import type { CheckReport } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted } from '../../telemetry/units.ts'

/** Exit 1 when something does not add up. */
export async function checkCommand(flags: StateFlags & { readonly json?: boolean }, world: World): Promise<number> {
  const { reader, path } = await openState(flags, world)
  try {
    return showCheck(await reader.check(), { path, json: flags.json === true }, world)
  } finally {
    await reader.close()
  }
}

/** Prints the report and returns the exit code. */
export function showCheck(
  report: CheckReport,
  { path, json }: { readonly path: string; readonly json: boolean },
  { stdout }: Pick<World, 'stdout'>,
): number {
  const sound = report.faults.length === 0
  const paint = paintFor(stdout)
  if (json) stdout.write(`${JSON.stringify({ state: path, ok: sound, ...report }, null, 2)}\n`)
  else {
    for (const fault of report.faults) stdout.write(`${paint.bad('fault')}  ${printable(fault)}\n`)
    const read = `${counted(report.pages, 'page')} with ${counted(report.events, 'event')}`
    const verdict = sound ? paint.good('everything adds up') : paint.bad(counted(report.faults.length, 'fault'))
    stdout.write(`${printable(path)}: ${read}, ${verdict}\n`)
  }
  return sound ? EXIT.done : EXIT.failed
}
