// `run`: the daemon, and `run --once` for cron.
import { setFlagsFromString } from 'node:v8'
import type { RelayConfig } from '../../config/config.ts'
import { armCrashPoint, CRASH_VARIABLE } from '../../runtime/crash-points.ts'
import { type StopSignals, watchSignals } from '../../runtime/signals.ts'
import { openSqliteStore } from '../../store/sqlite/open.ts'
import type { Store } from '../../store/store.ts'
import type { Log } from '../../telemetry/log.ts'
import type { TelemetryEvent } from '../../telemetry/events.ts'
import { bringIntoForce } from '../bring-into-force.ts'
import { tellChangedSources } from '../changed-sources.ts'
import { composeRelay } from '../compose.ts'
import { noticeInState } from '../config-notice.ts'
import { watchConfig } from '../config-watch.ts'
import { EXIT } from '../exit-codes.ts'
import type { RunOptions } from '../options.ts'
import { readConfig } from '../read-config.ts'
import { createOutputLog } from '../stderr-log.ts'
import { ownVersion } from '../version.ts'
import type { World } from '../world.ts'

/** How long in-flight requests may take to end after the first signal. */
const graceMs = 10_000

export async function runCommand(options: RunOptions, world: World): Promise<number> {
  // Short-lived garbage here is mostly views of buffers: a young generation that grows only keeps dead pages and bodies in memory.
  setFlagsFromString('--semi-space-growth-factor=1')
  // What is allowed beside what lives grows with it by twice or more, and most of that is request bodies and pages that are done with.
  setFlagsFromString('--heap-growing-percent=80')
  armCrashPoint(world.env[CRASH_VARIABLE])
  const { clock } = world
  // Before anything else: a signal must never find the process without somebody who listens.
  const signals = watchSignals(clock, graceMs)
  try {
    return await runConfigured(options, world, signals)
  } finally {
    signals.dispose()
  }
}

async function runConfigured(options: RunOptions, world: World, signals: StopSignals): Promise<number> {
  const { clock } = world
  const config = readConfig(options.config, world)
  const secrets = () => config.destinations.flatMap((destination) => destination.secrets())
  const log = createOutputLog(world.stderr, { format: options.logFormat, level: options.logLevel, clock, secrets })
  const { path, maxBytes, keepMs, reserveBytes } = config.state
  const store = await openSqliteStore({
    path,
    bounds: { maxBytes, keepMs },
    reserveBytes,
    newState: options.newState,
    clock,
  })
  if (store.identity.made) log.emit({ type: 'state_made', state: path })
  log.emit({ type: 'relay_started', version: ownVersion(), pid: process.pid, state: path, config: config.file })
  for (const { file, line = 1, message: text } of config.warnings)
    log.emit({ type: 'config_warning', file, line, text })
  try {
    return await runOver(store, config, options, { world, log, signals })
  } finally {
    await store.close(clock.now())
    log.emit({ type: 'relay_stopped' })
  }
}

async function runOver(
  store: Store,
  config: RelayConfig,
  options: RunOptions,
  { world, log, signals }: { world: World; log: Log; signals: StopSignals },
): Promise<number> {
  const { clock } = world
  const watch = watchConfig({ config, world, telemetry: log, found: noticeInState(store, clock, config.file) })
  signals.onHangup(() => void watch.check())
  const deaths = countDeaths(log)
  const telemetry = { emit: (event: TelemetryEvent) => deaths.emit(event) }
  const { thread, enabled } = await bringIntoForce(store, config, { clock, telemetry: log })
  await tellChangedSources(store, config, { clock, telemetry: log })
  const tick = () => log.tick()
  const relay = composeRelay({ store, config, clock, telemetry, enabled, open: thread.open, tick })
  signals.drain.addEventListener('abort', () => log.emit({ type: 'relay_stopping', why: signals.why() ?? 'asked' }))
  try {
    if (!options.once) {
      await Promise.race([Promise.all([relay.run(signals), watch.run(signals.drain)]), thread.died])
      return EXIT.done
    }
    const result = await Promise.race([relay.once(signals, options.maxWaitMs), thread.died])
    if (result.sourcesFailed) return EXIT.failed
    if (!result.unfinished && deaths.count() <= 0) return EXIT.done
    log.emit(await leftOver(store, Math.max(0, deaths.count()), clock.now()))
    return EXIT.unfinished
  } finally {
    await thread.stop()
  }
}

/** What the next run finds, and what died in this one. */
async function leftOver(store: Store, died: number, now: number): Promise<TelemetryEvent> {
  const { destinations } = await store.overview(now)
  const left = destinations.filter((one) => one.state === 'enabled' && one.waiting + one.retrying > 0)
  const counts = left.map(({ name, waiting, retrying }) => ({ name, waiting, retrying }))
  return { type: 'left_over', destinations: counts, died }
}

/** Passes telemetry on and counts events that died in this run. */
function countDeaths(log: Log): { emit(event: TelemetryEvent): void; count(): number } {
  let deaths = 0
  return {
    emit(event) {
      if (event.type === 'died') deaths += event.events
      if (event.type === 'exhumed') deaths -= event.events
      log.emit(event)
    },
    count: () => deaths,
  }
}
