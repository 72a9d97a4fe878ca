// Events that are older than a receiver takes: by choice they are dated at their sending, or not sent at all.
import type { BatchEvent } from '../../model/batch.ts'
import type { Reason } from '../../model/verdict.ts'
import type { HttpOptions } from './options.ts'

type Age = Pick<HttpOptions, 'maxAgeMs' | 'oldEvents'>

/** What was taken of an event that a template dated at its sending. */
export const REDATED: Reason = {
  code: 'redated',
  text: 'dated at its sending, because it was older than max_age of this destination; its own time is in the event',
}

export function isOld({ timeMs }: BatchEvent, { maxAgeMs }: Age, nowMs: number): boolean {
  return maxAgeMs !== null && nowMs - timeMs > maxAgeMs
}

/** The time that a template gives an event. */
export function timeOf(age: Age, nowMs: number): (event: BatchEvent) => number {
  if (age.maxAgeMs === null || age.oldEvents !== 'send') return ({ timeMs }) => timeMs
  return (event) => (isOld(event, age, nowMs) ? nowMs : event.timeMs)
}

export function tooOld(event: BatchEvent, age: Age, nowMs: number): Reason | undefined {
  if (age.oldEvents === 'send' || !isOld(event, age, nowMs)) return undefined
  const hours = Math.floor((nowMs - event.timeMs) / 3_600_000)
  return {
    code: 'too_old',
    text: `it is ${hours} h old, older than max_age of this destination: it was not sent`,
  }
}
