// What is measured, and what is promised of each measurement.
import { backlog, type BacklogResult } from './backlog.ts'
import { drain, parseOnly, type DrainResult, type DrainSetting } from './drain.ts'
import { latency, type LatencyResult } from './latency.ts'
import { pull, type PullResult } from './pull.ts'

/** One figure of a scenario. `must` and `aim` are absent where nothing is promised. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: 'events/s' | 's' | 'ms' | 'MiB' | 'B' | ''
  readonly must?: number
  readonly aim?: number
  /** Whether a larger value is better. */
  readonly more?: boolean
}

export interface Scenario {
  readonly name: string
  readonly what: string
  /** `events`: how many to use instead of the scenario's own number. */
  run(events: number | undefined): Promise<readonly Figure[]>
}

const million = 1_000_000
/** Both halves are looked at for each event, and all events pass. */
const when = 'actor.kind != "robot" && !event_type.startsWith("test.")'
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'parse',
    what: 'yardstick: one thread of JSON.parse over the same file',
    run: (events = million) =>
      Promise.resolve([{ what: 'JSON.parse', value: parseOnly(events), unit: 'events/s', more: true }]),
  },
  drainOf('drain', 'one batching destination, types and outcome filters', { batch: 1_000 }, [100_000, 150_000]),
  drainOf('when', 'the same with a when expression', { batch: 1_000, when }, [70_000, 100_000]),
  drainOf('three', 'three destinations, all events to each', { batch: 1_000, destinations: 3 }, [45_000, 75_000]),
  drainOf('ten', 'ten destinations, all events to each', { batch: 1_000, destinations: 10 }),
  drainOf('http_lines', 'any receiver, a JSON object a line', { kind: httpLines }, [100_000, 130_000]),
  drainOf('splunk_hec', 'one Splunk collector, not compressed', { kind: splunkHec(false) }, [100_000, 130_000]),
  drainOf('splunk_hec_gzip', 'the same, compressed', { kind: splunkHec(true) }),
  drainOf('datadog', 'Datadog Logs, not compressed', { kind: datadog(false) }, [100_000, 130_000]),
  drainOf('datadog_gzip', 'the same, compressed', { kind: datadog(true) }),
  drainOf('elastic', 'Elasticsearch, not compressed', { kind: elastic() }, [100_000, 130_000]),
  drainOf('elastic_ecs', 'the same in ECS', { kind: elastic('ecs') }, [40_000, 60_000]),
  drainOf(
    'http_ocsf',
    'any receiver, OCSF, an object a line',
    { kind: (url) => ({ ...httpLines(url), format: 'ocsf' }) },
    [40_000, 60_000],
  ),
  drainOf('single', 'one signed event per request', { secret, events: 200_000 }, [9_000, 15_000]),
  drainOf('slow', 'receiver that answers after 20 ms', { batch: 1_000, delayMs: 20 }, [60_000, 95_000]),
  {
    name: 'pull',
    what: 'a source that is asked for windows, answers of 1,000 events',
    run: async (events = 300_000) => pullFigures(await pull(events, false), [40_000, 80_000]),
  },
  {
    name: 'pull_overlap',
    what: 'the same, each event shown three times',
    run: async (events = 300_000) => pullFigures(await pull(events, true)),
  },
  {
    name: 'latency',
    what: 'append to receipt at 1,000 events/s for 15 s',
    run: async () => latencyFigures(await latency(1_000, 15)),
  },
  {
    name: 'backlog',
    what: 'receiver down while 10 M events are read, then a start',
    run: async (events = 10 * million) => backlogFigures(await backlog(events)),
  },
]

function datadog(gzip: boolean): (url: string) => object {
  return (url) => ({ type: 'datadog', url, api_key: 'bench-key', gzip })
}

function elastic(format = 'canonical'): (url: string) => object {
  return (url) => ({
    type: 'elastic',
    url,
    index: 'logs-audit-bench',
    api_key: 'bench-id:bench-key',
    gzip: false,
    format,
  })
}

function httpLines(url: string): object {
  return { type: 'http', url, body: { form: 'lines' }, batch: 1_000 }
}

function splunkHec(gzip: boolean): (url: string) => object {
  return (url) => ({ type: 'splunk_hec', url, token: 'bench-token', gzip })
}

function drainOf(name: string, what: string, setting: Partial<DrainSetting>, bounds: readonly number[] = []): Scenario {
  return {
    name,
    what,
    run: async (events = setting.events ?? million) =>
      drainFigures(await drain({ destinations: 1, ...setting, events }), bounds, name),
  }
}

function drainFigures(result: DrainResult, [must, aim]: readonly number[], name: string): readonly Figure[] {
  const promised = name === 'drain'
  return [
    bounded({ what: 'drained', value: result.eventsPerSecond, unit: 'events/s', more: true }, must, aim),
    bounded(
      { what: 'CPU per million events', value: result.cpuSecondsPerMillion, unit: 's' },
      ...(promised ? [16, 10] : []),
    ),
    bounded({ what: 'peak memory', value: result.peakMiB, unit: 'MiB' }, ...(promised ? [256, 180] : [])),
    { what: 'state on disk per event', value: result.stateBytesPerEvent, unit: 'B' },
    { what: 'events per request', value: result.eventsPerRequest, unit: '' },
    { what: "the sink's own CPU per million", value: result.sinkCpuSecondsPerMillion, unit: 's' },
    ...exactly(result.missing, result.duplicates, result.foreign),
  ]
}

function pullFigures(result: PullResult, [must, aim]: readonly number[] = []): readonly Figure[] {
  return [
    bounded({ what: 'shown by the source', value: result.shownPerSecond, unit: 'events/s', more: true }, must, aim),
    { what: 'new', value: result.newPerSecond, unit: 'events/s', more: true },
    { what: 'times shown', value: result.timesShown, unit: '' },
    { what: 'CPU per million shown', value: result.cpuSecondsPerMillion, unit: 's' },
    { what: 'peak memory', value: result.peakMiB, unit: 'MiB' },
    ...exactly(result.missing, result.duplicates),
  ]
}

function latencyFigures(result: LatencyResult): readonly Figure[] {
  return [
    { what: 'p50', value: result.p50Ms, unit: 'ms' },
    { what: 'p99', value: result.p99Ms, unit: 'ms', must: 200, aim: 120 },
    { what: 'longest', value: result.maxMs, unit: 'ms' },
    ...exactly(result.missing),
  ]
}

function backlogFigures(result: BacklogResult): readonly Figure[] {
  return [
    { what: 'read while nobody listens', value: result.fillEventsPerSecond, unit: 'events/s', more: true },
    { what: 'peak memory, waiting', value: result.fillPeakMiB, unit: 'MiB', must: 256, aim: 180 },
    { what: 'state on disk per waiting event', value: result.bytesPerWaitingEvent, unit: 'B', must: 250, aim: 180 },
    { what: 'start until the first delivery', value: result.firstDeliverySeconds, unit: 's', must: 2, aim: 0.5 },
    { what: 'drained from the first delivery on', value: result.drainEventsPerSecond, unit: 'events/s', more: true },
    { what: 'peak memory, draining', value: result.drainPeakMiB, unit: 'MiB', must: 256, aim: 180 },
    ...exactly(result.missing, result.duplicates),
  ]
}

function bounded(figure: Figure, must?: number, aim?: number): Figure {
  return must === undefined || aim === undefined ? figure : { ...figure, must, aim }
}

function exactly(missing: number, duplicates = 0, foreign = 0): readonly Figure[] {
  return [
    { what: 'missing', value: missing, unit: '', must: 0, aim: 0 },
    { what: 'duplicates', value: duplicates, unit: '', must: 0, aim: 0 },
    { what: 'of unknown id', value: foreign, unit: '', must: 0, aim: 0 },
  ]
}
