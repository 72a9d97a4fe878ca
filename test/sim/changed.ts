// A store of which some verbs are others.
import type { Store } from '../../src/store/store.ts'

export function changed(store: Store, verbs: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const own = verbs[name as keyof Store]
      if (own !== undefined) return own
      const verb = Reflect.get(target, name, target) as unknown
      return typeof verb === 'function' ? (verb as (...given: unknown[]) => unknown).bind(target) : verb
    },
  })
}
