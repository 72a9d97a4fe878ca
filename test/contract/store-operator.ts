// An operator at a store: asks for something to be stopped, started or removed, and has it done. Each returns what was done, in words.
import type { ControlAsked } from '../../src/store/control.ts'
import type { Store } from '../../src/store/store.ts'

export function disable(store: Store, destination: string, now: number): Promise<string | null> {
  return operate(store, { kind: 'disable_destination', destination, discard: false }, now)
}

export function discard(store: Store, destination: string, now: number): Promise<string | null> {
  return operate(store, { kind: 'disable_destination', destination, discard: true }, now)
}

export function enable(store: Store, destination: string, now: number): Promise<string | null> {
  return operate(store, { kind: 'enable_destination', destination }, now)
}

export function remove(store: Store, destination: string, now: number): Promise<string | null> {
  return operate(store, { kind: 'remove_destination', destination }, now)
}

export async function operate(
  store: Store,
  asked: ControlAsked,
  now: number,
  configured: readonly string[] = [],
): Promise<string | null> {
  const id = await store.ask(asked, 'me', now)
  const { text } = await store.control(id, configured, now)
  return text
}
