import { describe, it } from 'node:test';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { storeSuite } from './store-suite.ts';

for (const { about, cases } of storeSuite(() => new MemoryStore())) {
  describe(`MemoryStore: ${about}`, () => {
    for (const { name, run } of cases) it(name, run);
  });
}
