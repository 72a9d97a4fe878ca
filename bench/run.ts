// The benchmark's command: `node bench/run.ts [scenario…] [--events N] [--repeat N] [--json | --markdown]`. Prints each figure
// beside what is promised; with --repeat the median. Exits 1 when a promise is broken.
import { cpus, release, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { SCENARIOS, type Figure, type Scenario } from './scenarios.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string' },
    repeat: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
})

interface Measured {
  readonly scenario: string
  readonly what: string
  readonly figures: readonly (Figure & { readonly verdict: string })[]
}

process.exitCode = await main()

async function main(): Promise<number> {
  const unknown = positionals.filter((name) => SCENARIOS.every((scenario) => scenario.name !== name))
  if (unknown.length > 0) {
    process.stderr.write(
      `no scenario ${unknown.join(', ')}; there are ${SCENARIOS.map((scenario) => scenario.name).join(', ')}\n`,
    )
    return 2
  }
  const chosen = SCENARIOS.filter((scenario) => positionals.length === 0 || positionals.includes(scenario.name))
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`
  const quiet = values.json || values.markdown
  if (!quiet) process.stdout.write(`${machine}\n`)
  const measured: Measured[] = []
  for (const scenario of chosen) {
    measured.push(await measure(scenario, measured))
    if (!quiet) process.stdout.write(rendered(measured.at(-1) as Measured))
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, measured }, null, 2)}\n`)
  if (values.markdown) process.stdout.write(table(machine, measured))
  return measured.some(({ figures }) => figures.some((figure) => figure.verdict === 'MISSED')) ? 1 : 0
}

async function measure(scenario: Scenario, before: readonly Measured[]): Promise<Measured> {
  const rounds: (readonly Figure[])[] = []
  for (let round = 0; round < Number(values.repeat); round++) {
    rounds.push(await scenario.run(values.events === undefined ? undefined : Number(values.events)))
  }
  const yardstick = before.find((one) => one.scenario === 'parse')?.figures[0]?.value
  const figures = (rounds[0] ?? []).map((figure, index) => {
    const value = median(rounds.map((round) => round[index]?.value ?? Number.NaN))
    return {
      ...figure,
      value,
      verdict: verdict({ ...figure, value }, scenario.name === 'drain' ? yardstick : undefined),
    }
  })
  return { scenario: scenario.name, what: scenario.what, figures }
}

/** Half of what one thread of JSON.parse does in the same run keeps the promise of the drain, too: slow machines are slow for all. */
function verdict(figure: Figure, yardstick: number | undefined): string {
  const { value, must, aim, more = false } = figure
  const ratio = yardstick !== undefined && more ? ` (${(value / yardstick).toFixed(2)} × JSON.parse)` : ''
  if (must === undefined || aim === undefined) return ratio.trim()
  const reaches = (bound: number): boolean => (more ? value >= bound : value <= bound)
  if (reaches(aim)) return `aim reached${ratio}`
  return reaches(must) || (ratio !== '' && value >= (yardstick as number) / 2) ? `kept${ratio}` : 'MISSED'
}

function rendered({ scenario, what, figures }: Measured): string {
  const lines = figures.map((figure) => {
    const value = `${amount(figure.value)} ${figure.unit}`.padEnd(20)
    const promise =
      figure.must === undefined ? '' : `must ${amount(figure.must)}, aim ${amount(figure.aim ?? figure.must)}`
    return `  ${figure.what.padEnd(36)}${value}${promise.padEnd(30)}${figure.verdict}`.trimEnd()
  })
  return `\n${scenario}: ${what}\n${lines.join('\n')}\n`
}

/** The table of docs/performance.md. */
function table(machine: string, measured: readonly Measured[]): string {
  // Nothing missing, nothing twice: said once beneath the table instead of in three rows each.
  const told = measured.map(({ what, figures }) => ({
    what,
    figures: figures.filter(({ must, value }) => must !== 0 || value !== 0),
  }))
  const rows = told.flatMap(({ what, figures }) =>
    figures.map((figure, index) => {
      const promise =
        figure.must === undefined ? ' | ' : `${amount(figure.must)} | ${amount(figure.aim ?? figure.must)}`
      return `| ${index === 0 ? what : ''} | ${figure.what} | ${amount(figure.value)} ${figure.unit} | ${promise} |`
    }),
  )
  const head = '| measurement | figure | measured | must | aim |\n|---|---|---:|---:|---:|'
  return `${machine}; median of ${values.repeat}\n\n${head}\n${rows.join('\n')}\n`
}

function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
