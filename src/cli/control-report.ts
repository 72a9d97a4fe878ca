// How the commands that ask for something tell what became of it.
import type { StoredRequest } from '../store/requests.ts'
import { isoTime } from '../runtime/clock.ts'
import { printable } from '../telemetry/escape.ts'
import { secondsText } from '../telemetry/units.ts'
import type { WhyInactive } from './control-view.ts'
import { EXIT } from './exit-codes.ts'
import { paintFor } from './paint.ts'
import type { World } from './world.ts'

export interface ReportFlags {
  readonly json?: boolean
}

/** Prints what was done to `name` and returns the exit code: 1 when it could not be done. */
export function reportRequest(name: string, request: StoredRequest, flags: ReportFlags, world: World): number {
  const ok = request.state !== 'failed'
  if (flags.json) world.stdout.write(`${JSON.stringify(requestJson(name, request), null, 2)}\n`)
  else {
    const text = request.text ?? `asked (request ${request.id})`
    const paint = paintFor(ok ? world.stdout : world.stderr)
    const line = `${paint.strong(printable(name))}: ${printable(text)}\n`
    if (ok) world.stdout.write(line)
    else world.stderr.write(`audit-relay: ${line}`)
  }
  return ok ? EXIT.done : EXIT.failed
}

function requestJson(name: string, { id, at, by, state, text, finishedAt }: StoredRequest): object {
  return { name, request: id, asked_at: isoTime(at), by, state, text, finished_at: timeOrNull(finishedAt) }
}

/** RFC 3339, or null. */
export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms)
}

/** How long ago, for a table; a dash for never. */
export function agoText(ms: number | null, now: number): string {
  return ms === null ? '-' : `${secondsText(now - ms)} ago`
}

const whyTexts: Readonly<Record<WhyInactive, string>> = {
  file: 'by the file (enabled: false)',
  command: 'by command',
  not_configured: 'not in the configuration',
}

/** Why something is inactive; a dash when it is not. */
export function whyText(why: readonly WhyInactive[]): string {
  return why.length === 0 ? '-' : why.map((one) => whyTexts[one]).join(', ')
}
