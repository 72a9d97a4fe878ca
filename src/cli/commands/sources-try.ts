// `sources try`: reads one page of a source as it stands in a file, shows all that was seen, and stores nothing.
import { basename, resolve } from 'node:path'
import { nameOfFile, openSourceFile, type SourceFile } from '../../config/source-file.ts'
import { nearest } from '../../model/nearest.ts'
import { loadHttp } from '../../runtime/load-http.ts'
import { SOURCE_KINDS } from '../../sources/index.ts'
import { printable } from '../../telemetry/escape.ts'
import { EXIT } from '../exit-codes.ts'
import { timeOption, UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { nextStep } from '../sources-try/advice.ts'
import { reportJson } from '../sources-try/json.ts'
import type { TryRequest } from '../sources-try/reading.ts'
import { reportLines } from '../sources-try/render.ts'
import { reportOf } from '../sources-try/report.ts'
import { trySource } from '../sources-try/try-source.ts'
import type { World } from '../world.ts'

export interface TryFlags {
  readonly from?: string
  readonly to?: string
  readonly part?: string
  readonly pages: string
  readonly events: string
  readonly all?: boolean
  readonly showBody?: boolean
  readonly json?: boolean
}

/** Exit 0 when a page was read, also an empty one; 1 when it failed. Throws `ConfigError` and `UsageError`. */
export async function trySourceCommand(
  file: string,
  name: string | undefined,
  flags: TryFlags,
  world: World,
): Promise<number> {
  const request = await requestOf(flags, world)
  const opened = openSourceFile(resolve(world.cwd, file), SOURCE_KINDS, world.env)
  const source = opened.read(chosen(opened, name, file))
  await loadHttp()
  const { stdout, stderr, clock } = world
  if (stderr.columns !== undefined) stderr.write(`asking ${printable(source.name)} …\n`)
  const report = reportOf(source, await trySource(source, request, { clock }))
  const showBody = flags.showBody === true
  const next = nextStep(report, { showBody, isDefinition: opened.names === null })
  if (flags.json) stdout.write(`${reportJson(report, next, showBody)}\n`)
  else {
    const lines = reportLines(report, next, { paint: paintFor(stdout), width: stdout.columns, showBody })
    stdout.write(`${lines.join('\n')}\n`)
  }
  return report.failure ? EXIT.failed : EXIT.done
}

async function requestOf(flags: TryFlags, world: World): Promise<TryRequest> {
  const time = async (option: string, text: string | undefined): Promise<number | undefined> =>
    text === undefined ? undefined : timeOption(option, text, world)
  const from = await time('--from', flags.from)
  const to = await time('--to', flags.to)
  if (from !== undefined && from >= (to ?? world.clock.now()))
    throw new UsageError(to === undefined ? '--from must lie in the past' : '--from must come before --to')
  const pages = numberOption('--pages', flags.pages)
  const mostShown = flags.all ? Infinity : numberOption('--events', flags.events)
  if (pages < 1) throw new UsageError('--pages 0: at least one page is read')
  return { from, to, part: flags.part, pages, mostShown }
}

function numberOption(option: string, text: string): number {
  if (!/^[0-9]{1,6}$/.test(text)) throw new UsageError(`${option} ${text}: write a number such as 3`)
  return Number(text)
}

function chosen({ names, path }: SourceFile, name: string | undefined, file: string): string {
  if (names === null) return name ?? nameOfFile(path)
  const there = `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
  if (names.length === 0) throw new UsageError(`there is no source in ${printable(basename(file))}`)
  if (name === undefined) {
    if (names.length === 1) return names[0] as string
    const first = names[0] as string
    throw new UsageError(printable(`name a source; ${there}: audit-relay sources try ${file} ${first}`))
  }
  if (names.includes(name)) return name
  const guess = nearest(name, names)
  const hint = guess === undefined ? there : `did you mean ${guess}?`
  throw new UsageError(printable(`there is no source "${name.slice(0, 80)}" in ${basename(file)}; ${hint}`))
}
