// The `errors:` of a definition: which rule an answer fits, and whether a place of an answer holds what was asked for.
import type { Answer } from './answer.ts'
import { placeOf } from './page-plan.ts'
import type { RulePlan } from './plans.ts'
import type { ErrorRule } from './schema.ts'
import type { Scalar } from './schema-words.ts'

/** As much of a body as is looked at for words. */
const lookedAt = 65_536

/** The first rule that an answer fits. */
export function ruleFor(rules: readonly RulePlan[], answer: Answer): RulePlan | undefined {
  return rules.find(({ given }) => fits(given, answer))
}

function fits({ status, header = {}, body = {}, body_contains: text }: ErrorRule, answer: Answer): boolean {
  const { reply } = answer
  return (
    (status === undefined || [status].flat().some((one) => isStatus(one, reply.status))) &&
    Object.entries(header).every(([name, value]) => isValue(reply.headers[name.toLowerCase()], value)) &&
    holds(Object.fromEntries(Object.entries(body).map(([path, value]) => [`body.${path}`, value])), answer) &&
    (text === undefined || contains(reply.body, text))
  )
}

function isStatus(wanted: number | string, status: number): boolean {
  return typeof wanted === 'number' ? wanted === status : wanted.startsWith(String(Math.floor(status / 100)))
}

/** Whether every place of an answer has one of its values. */
export function holds(condition: Readonly<Record<string, Scalar | readonly Scalar[]>>, answer: Answer): boolean {
  return Object.entries(condition).every(([place, values]) => {
    const found = answer.at(placeOf(place))
    return [values].flat().some((value) => isValue(found, value))
  })
}

/** 70 and "70" are the same; upper and lower case are, too. */
function isValue(found: Scalar | null | undefined, wanted: Scalar): boolean {
  return found !== undefined && String(found).toLowerCase() === String(wanted).toLowerCase()
}

function contains(body: Uint8Array, text: string): boolean {
  const view = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, lookedAt))
  return view.toString('utf8').toLowerCase().includes(text.toLowerCase())
}
