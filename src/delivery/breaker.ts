// The health of a destination as a pure machine: what happened goes in, the next state comes out. It knows nothing of batches:
// who is to blame is decided in `judgement.ts`, what is sent next in `dispatcher.ts`.
import type { Reason } from '../model/verdict.ts'
import type { Random } from '../runtime/random.ts'
import type { Health } from '../store/store.ts'
import { clampRetryAfter, longestTrialMs, savedTrialWaitMs, trialDelayMs } from './backoff.ts'

export interface Breaker {
  readonly state: Health['state']
  /** Wall clock, when the state began. */
  readonly since: number
  /** Monotonic; nothing is sent before it. */
  readonly notBefore: number
  /** Monotonic; the part of `notBefore` that the receiver asked for, which outlives a change of state. */
  readonly pacedUntil: number
  /** Monotonic; not even something new to compare a lone suspect with is sent before it. */
  readonly restUntil: number
  /** Trials that failed in a row. */
  readonly trials: number
  /** Failures while closed, with no delivery between them. */
  readonly failures: number
  /** Times in a row that the receiver asked us to wait, with no delivery between them. */
  readonly paces: number
  /** Requests that may run at once: 1 after an outage, doubled by each delivery. */
  readonly ramp: number
  readonly reason: Reason | null
  readonly lastDeliveredAt: number | null
  readonly lastFailure: Health['lastFailure']
}

/** `doubted`: the batch has failed before while others were delivered, so one more failure says little about the destination. */
export type Happening =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'failed' | 'halted'
      readonly reason: Reason
      readonly trial: boolean
      readonly doubted: boolean
      readonly afterMs?: number
      /** How long a trial took: the next comes so much sooner, so that a receiver which hangs is not found out late. */
      readonly tookMs?: number
    }
  /** 429, or 503 with Retry-After. */
  | { readonly kind: 'paced'; readonly reason: Reason; readonly afterMs?: number }
  /** It took what was sent, and asks to be left alone: its rate limit is used up. Nothing failed. */
  | { readonly kind: 'paused'; readonly pauseMs: number }
  /** The destination answered, though not with a delivery: a reject, a 413. It is there. */
  | { readonly kind: 'answered' }
  /** Nothing else is left to try, so there is nobody to compare with. */
  | { readonly kind: 'stuck'; readonly reason: Reason; readonly halts: boolean }
  | { readonly kind: 'refuses_everything'; readonly reason: Reason; readonly trial: boolean }

export interface Moment {
  readonly now: number
  readonly monotonic: number
  readonly random: Random
  readonly inFlight: number
}

/** So many failures without a delivery between them are the destination's. */
const failuresToOpen = 3
const pacesToOpen = 3
/** With one request at a time the oldest batch keeps its turn; every fourth trial compares it, at once, with another. */
const comparedEvery = 4
/** Between the end of a trial and the next, however long it took. */
const shortestRestMs = 1_000

export const refusesEverything = 'refuses_everything'

export function closedBreaker(moment: Moment): Breaker {
  return {
    state: 'closed',
    since: moment.now,
    notBefore: 0,
    pacedUntil: 0,
    restUntil: 0,
    trials: 0,
    failures: 0,
    paces: 0,
    ramp: moment.inFlight,
    reason: null,
    lastDeliveredAt: null,
    lastFailure: null,
  }
}

/** The state that an earlier run saved. */
export function breakerFrom(health: Health, moment: Moment): Breaker {
  const { state, since, trials, reason, lastDeliveredAt, lastFailure } = health
  const waitMs = savedTrialWaitMs(health.nextTrialAt, moment.now)
  // A start after a halt is most often somebody's repair: it is tried at once, unless the receiver itself asked for more time.
  const notBefore = moment.monotonic + (state === 'halted' && waitMs <= longestTrialMs ? 0 : waitMs)
  const known = { state, since, trials, reason, lastDeliveredAt, lastFailure }
  return { ...closedBreaker(moment), ...known, notBefore, pacedUntil: notBefore, ramp: 1 }
}

export function healthOf(breaker: Breaker, moment: Moment): Health {
  const { state, since, trials, reason, lastDeliveredAt, lastFailure } = breaker
  const wait = Math.max(0, breaker.notBefore - moment.monotonic)
  return { state, since, nextTrialAt: moment.now + wait, trials, reason, lastDeliveredAt, lastFailure }
}

/** Whether the next trial, number `trials` since the last delivery, goes to another batch than a suspect if there is one. */
export function comparesNext(trials: number, inFlight: number): boolean {
  return inFlight > 1 || trials % comparedEvery === comparedEvery - 1
}

export function nextBreaker(breaker: Breaker, happening: Happening, moment: Moment): Breaker {
  switch (happening.kind) {
    case 'delivered':
      return delivered(breaker, moment)
    case 'answered':
      return answered(breaker, moment)
    case 'paced':
      return paced(breaker, happening, moment)
    case 'paused':
      return paused(breaker, happening, moment)
    case 'failed':
    case 'halted':
      return failed(breaker, happening, moment)
    case 'stuck':
      return breaker.state === 'closed'
        ? // It was waited before: the trial follows at once.
          open(breaker, { state: happening.halts ? 'halted' : 'open', reason: happening.reason, waitMs: 0 }, moment)
        : breaker
    case 'refuses_everything':
      return refused(breaker, happening, moment)
  }
}

function delivered(breaker: Breaker, moment: Moment): Breaker {
  const { inFlight, now } = moment
  if (breaker.state !== 'closed') return { ...recovered(breaker, moment), lastDeliveredAt: now }
  const ramp = Math.min(inFlight, breaker.ramp * 2)
  return { ...breaker, failures: 0, paces: 0, trials: 0, ramp, reason: null, lastDeliveredAt: now }
}

/** An answer ends an outage, but says nothing about a wrong set-up that refuses everything. */
function answered(breaker: Breaker, moment: Moment): Breaker {
  if (breaker.state === 'closed') return breaker.failures === 0 ? breaker : { ...breaker, failures: 0 }
  if (breaker.reason?.code === refusesEverything) return breaker
  return recovered(breaker, moment)
}

function recovered(breaker: Breaker, moment: Moment): Breaker {
  const { lastDeliveredAt, lastFailure, pacedUntil } = breaker
  return { ...closedBreaker(moment), ramp: 1, notBefore: pacedUntil, pacedUntil, lastDeliveredAt, lastFailure }
}

function paced(breaker: Breaker, happening: Happening & { kind: 'paced' }, moment: Moment): Breaker {
  const { reason, afterMs } = happening
  const wait = afterMs === undefined ? trialDelayMs(breaker.paces, moment.random) : clampRetryAfter(afterMs)
  // Requests that ran together and were all told to wait are one answer.
  const together = breaker.pacedUntil > moment.monotonic
  const paces = together ? breaker.paces : breaker.paces + 1
  const pacedUntil = Math.max(breaker.pacedUntil, moment.monotonic + wait)
  const notBefore = Math.max(breaker.notBefore, pacedUntil)
  const ramp = together ? breaker.ramp : Math.max(1, breaker.ramp >> 1)
  const changed = { ...breaker, paces, notBefore, pacedUntil, ramp, lastFailure: { at: moment.now, reason } }
  if (breaker.state !== 'closed' || paces < pacesToOpen) return changed
  return { ...changed, state: 'open', since: moment.now, reason, ramp: 1 }
}

function paused(breaker: Breaker, { pauseMs }: Happening & { kind: 'paused' }, moment: Moment): Breaker {
  const until = moment.monotonic + clampRetryAfter(pauseMs)
  if (until <= breaker.pacedUntil) return breaker
  return { ...breaker, pacedUntil: until, notBefore: Math.max(breaker.notBefore, until) }
}

function failed(breaker: Breaker, happening: Happening & { kind: 'failed' | 'halted' }, moment: Moment): Breaker {
  const { reason, trial, doubted, kind, afterMs, tookMs } = happening
  const asked = afterMs === undefined ? 0 : moment.monotonic + clampRetryAfter(afterMs)
  const pacedUntil = Math.max(breaker.pacedUntil, asked)
  const notBefore = Math.max(breaker.notBefore, pacedUntil)
  const noted = { ...breaker, lastFailure: { at: moment.now, reason }, notBefore, pacedUntil }
  const next = kind === 'halted' ? 'halted' : 'open'
  if (breaker.state !== 'closed') return trial ? afterTrial(noted, { state: next, reason, tookMs }, moment) : noted
  const failures = breaker.failures + 1
  const enough = doubted ? failuresToOpen : kind === 'halted' || moment.inFlight === 1 ? 1 : failuresToOpen
  return failures >= enough ? open({ ...noted, failures }, { state: next, reason }, moment) : { ...noted, failures }
}

function open(
  breaker: Breaker,
  { state, reason, waitMs }: { readonly state: 'open' | 'halted'; readonly reason: Reason; readonly waitMs?: number },
  moment: Moment,
): Breaker {
  const notBefore = Math.max(breaker.notBefore, moment.monotonic + (waitMs ?? trialDelayMs(0, moment.random)))
  return { ...breaker, state, since: moment.now, reason, notBefore, trials: 0, ramp: 1 }
}

function afterTrial(
  breaker: Breaker,
  failure: { readonly state: 'open' | 'halted'; readonly reason: Reason; readonly tookMs?: number | undefined },
  moment: Moment,
): Breaker {
  const { state, reason, tookMs = 0 } = failure
  const trials = breaker.trials + 1
  const atOnce = moment.inFlight === 1 && comparesNext(trials, moment.inFlight)
  const wait = atOnce ? 0 : Math.max(shortestRestMs, trialDelayMs(trials, moment.random) - tookMs)
  const since = breaker.state === state ? breaker.since : moment.now
  const notBefore = Math.max(breaker.notBefore, moment.monotonic + wait)
  return { ...breaker, state, since, reason, trials, notBefore, restUntil: moment.monotonic + shortestRestMs }
}

function refused(breaker: Breaker, happening: Happening & { kind: 'refuses_everything' }, moment: Moment): Breaker {
  const { reason, trial } = happening
  const noted = { ...breaker, lastFailure: { at: moment.now, reason } }
  if (breaker.state === 'closed') return open(noted, { state: 'halted', reason }, moment)
  return trial ? afterTrial(noted, { state: 'halted', reason }, moment) : noted
}
