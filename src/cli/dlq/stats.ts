// `dlq stats`: ten thousand dead letters as a few lines, each with what the answer said and a command to go on with.
import type { DeadLetter, DeadLetterGroup } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, countText, durationText } from '../../telemetry/units.ts'
import { type AnnouncedPurge, purgeText } from '../announced-purge.ts'
import type { Paint } from '../paint.ts'
import { renderTable, type Column } from '../table.ts'
import { wrap } from '../text-width.ts'
import { adviceFor, optionsFor } from './advice.ts'

export interface StatsView {
  /** Largest first. */
  readonly groups: readonly DeadLetterGroup[]
  /** Of each destination that is concerned. */
  readonly purges: readonly AnnouncedPurge[]
  readonly now: number
  readonly paint: Paint
  readonly width: number | undefined
}

/** Groups are told in full up to here; the table has them all. */
const explained = 8

const columns: readonly Column[] = [
  { title: 'DESTINATION' },
  { title: 'LETTERS', align: 'right' },
  { title: 'CAUSE' },
  { title: 'CODE' },
  { title: 'OLDEST', align: 'right', yields: 2 },
  { title: 'NEWEST', align: 'right', yields: 1 },
  { title: 'NEWEST TYPE', yields: 3 },
]

export function statsLines(view: StatsView): readonly string[] {
  const { groups, now, paint, width } = view
  if (groups.length === 0) return [paint.good('no dead letter matches')]
  const letters = groups.reduce((sum, group) => sum + group.letters, 0)
  const rows = groups.map((group) => [
    { text: group.destination },
    { text: countText(group.letters), paint: paint.bad },
    { text: group.cause },
    { text: group.code },
    { text: `${durationText(now - group.oldestAt)} ago` },
    { text: `${durationText(now - group.newestAt)} ago` },
    { text: group.eventType },
  ])
  const more = groups.length - explained
  return [
    paint.strong(`${counted(letters, 'dead letter')} in ${counted(groups.length, 'group')}`),
    '',
    ...renderTable(columns, rows, { width, paintTitle: paint.faint }),
    ...purgeLines(view),
    ...groups.slice(0, explained).flatMap((group) => ['', ...explanation(group, view)]),
    ...(more > 0
      ? ['', paint.faint(`${counted(more, 'smaller group')} more: narrow down with --destination or --reason`)]
      : []),
  ]
}

/** What goes soon, and how to keep it. */
function purgeLines({ purges, paint, width = Infinity }: StatsView): readonly string[] {
  return purges.flatMap((one) => {
    const text = purgeText(one)
    if (text === null) return []
    const name = printable(one.name)
    return [
      '',
      ...wrap(`${name}: ${text}`, Math.max(20, width)).map((line) => paint.warning(line)),
      `  audit-relay dlq export --destination ${name} --output ${name}-dead-letters.jsonl`,
    ]
  })
}

function explanation(group: DeadLetterGroup, { paint, width = Infinity }: StatsView): readonly string[] {
  const { destination, cause, code, letters, provisional, reason } = group
  const all = provisional === letters
  const some =
    provisional === 0 || all
      ? []
      : [
          `${countText(provisional)} of them are provisional: taken back by themselves if the destination turns out to refuse everything.`,
        ]
  const indent = '  '
  const room = Math.max(20, width - indent.length)
  const chosen = optionsFor(group)
  return [
    paint.strong(printable(`${destination}, ${cause}, ${code}`)),
    ...wrap(printable(`"${reason.text}"`), room).map((line) => indent + line),
    ...[adviceFor({ cause, code, provisional: all }), ...some]
      .flatMap((text) => wrap(text, room))
      .map((line) => indent + paint.faint(line)),
    `${indent}${printable(`audit-relay dlq list ${chosen} --limit 5`)}`,
    `${indent}${printable(`audit-relay dlq replay ${chosen} --rate 100/s --dry-run`)}`,
  ]
}

/** The same groups counted from the letters, for choices that the store cannot make by itself. */
export class GroupTally {
  readonly #groups = new Map<string, DeadLetterGroup>()

  add({ destination, cause, reason, eventType, diedAt, provisional }: DeadLetter): void {
    const key = JSON.stringify([destination, cause, reason.code])
    const known = this.#groups.get(key)
    const newest = known && known.newestAt > diedAt ? known : { reason, eventType, newestAt: diedAt }
    this.#groups.set(key, {
      destination,
      cause,
      code: reason.code,
      letters: (known?.letters ?? 0) + 1,
      provisional: (known?.provisional ?? 0) + (provisional ? 1 : 0),
      reason: newest.reason,
      eventType: newest.eventType,
      oldestAt: Math.min(known?.oldestAt ?? diedAt, diedAt),
      newestAt: newest.newestAt,
    })
  }

  /** Largest first. */
  groups(): readonly DeadLetterGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.letters - a.letters || a.oldestAt - b.oldestAt)
  }
}
